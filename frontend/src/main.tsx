import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App, newQueries } from "@/app/App";
import { askFirst, loadScreen } from "@/app/Screens";
import "@/app/tokens.css";
import "@/app/base.css";
import { beginToSpeak } from "@/lib/language";
import { beginScheme } from "@/lib/scheme";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
const page = createRoot(root);
beginScheme();
const queries = newQueries();
// The page names it (vite.config.ts), so it is there when this runs, or about to be.
void Promise.all([loadScreen(location.pathname), beginToSpeak(), askFirst(queries, location)]).then(() => {
  page.render(
    <StrictMode>
      <App queries={queries} />
    </StrictMode>,
  );
});
