/** Leaves out what workerd itself writes of things that tests do on purpose. Everything else it writes is printed. */
const EXPECTED = [
	// A reset takes the object from under a socket that is open.
	"disconnected: other end of WebSocketPipe was destroyed",
	// Those who read a stream leave, and so do those who write one that is not read.
	"identity-transform-stream.c++:296: disconnected: reader canceled",
	"identity-transform-stream.c++:386: disconnected: writer canceled",
	// A key that is refused for what it holds; in a browser it would not even leave.
	'A header value for "Idempotency-Key" contains non-ASCII characters',
];

export default function setup(): () => void {
	const streams = [process.stdout, process.stderr];
	const writes = streams.map((stream) => stream.write);
	for (const stream of streams) {
		const write = stream.write.bind(stream) as (...given: unknown[]) => boolean;
		const sift = (chunk: unknown, ...rest: unknown[]): boolean =>
			EXPECTED.some((line) => String(chunk).includes(line)) || write(chunk, ...rest);
		stream.write = sift as typeof stream.write;
	}
	return () => {
		for (const [index, stream] of streams.entries()) stream.write = writes[index] ?? stream.write;
	};
}
