/** The drawing: a dome with its oculus, the light that falls through it, a ring of columns. */
const COLUMNS = [66, 101, 143, 189, 231, 266];
const COFFERS = [
	{ rx: 96, ry: 84 },
	{ rx: 70, ry: 84 },
	{ rx: 40, ry: 84 },
	{ rx: 10, ry: 84 },
];

export function Rotunda() {
	return (
		<svg class="rotunda" viewBox="0 0 340 236" role="img" aria-label="A domed hall with light falling through its roof">
			<defs>
				<linearGradient id="light" x1="0" y1="0" x2="0" y2="1">
					<stop class="light-near" offset="0" />
					<stop class="light-far" offset="1" />
				</linearGradient>
				<clipPath id="dome">
					<path d="M50 118a120 98 0 0 1 240 0z" />
				</clipPath>
			</defs>
			<path class="stone" d="M50 118a120 98 0 0 1 240 0z" />
			<g class="coffers" clip-path="url(#dome)">
				{COFFERS.map(({ rx, ry }) => (
					<ellipse key={String(rx)} cx="170" cy="118" rx={rx} ry={ry + 14} />
				))}
				<path d="M40 92h260M40 66h260M40 44h260" />
			</g>
			<ellipse class="oculus" cx="170" cy="23" rx="23" ry="6" />
			<path class="shaft" d="M148 24h44l46 192H102z" fill="url(#light)" />
			<path class="stone" d="M38 121h264v9H38zM46 133h248v6H46z" />
			<g class="columns">
				{COLUMNS.map((x) => (
					<path key={String(x)} d={`M${x - 1} 142h10v4h-1.5l.8 60H${x}l.8-60h-1.8z`} />
				))}
			</g>
			<path class="stone" d="M46 209h248v6H46zM34 218h272v6H34zM22 227h296v7H22z" />
		</svg>
	);
}
