/** Lets Node read a `.sql` file as the text that the bundler would make of it. Imported before what needs it. */
import { registerHooks } from "node:module";

registerHooks({
	load(url, context, nextLoad) {
		if (!url.endsWith(".sql")) return nextLoad(url, context);
		return { format: "module", source: 'export default "";', shortCircuit: true };
	},
});
