import { render } from "hono/jsx/dom";
import { Landing } from "./landing.tsx";

const page = document.getElementById("page");
if (page !== null) render(<Landing />, page);
