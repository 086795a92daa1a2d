/** What is bundled for one file of a run is there for all, and gone when the run is over. */
import { shareBundles } from "./bundle.ts";

export default shareBundles;
