/** The message area with the cursors over it. */
import { useRef } from "hono/jsx/dom";
import { TimelineView } from "./timeline-view.tsx";
import type { Visit } from "./visit.ts";

export function Stage({ visit }: { visit: Visit }) {
	const stage = useRef<HTMLDivElement>(null);

	const point = (pointer: PointerEvent): void => {
		// A finger scrolls; it does not point. And nobody is told where one points when alone.
		if (pointer.pointerType === "touch" || stage.current === null || !visit.isHeard) return;
		const area = stage.current.getBoundingClientRect();
		const share = (value: number): number => Math.round(Math.min(1, Math.max(0, value)) * 10_000) / 10_000;
		visit.cursors.point(visit.room, {
			x: share((pointer.clientX - area.left) / area.width),
			y: share((pointer.clientY - area.top) / area.height),
		});
	};

	return (
		<div
			class="stage"
			ref={stage}
			onPointerMove={point}
			onPointerLeave={() => {
				if (visit.isHeard) visit.cursors.point(visit.room, null);
			}}
		>
			<TimelineView visit={visit} />
			<div
				class="cursors"
				aria-hidden="true"
				ref={(layer: HTMLElement | null) => {
					visit.cursors.layer = layer;
				}}
			/>
		</div>
	);
}
