import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "@/app/App";
import { loadScreen } from "@/app/Screens";
import "@/app/tokens.css";
import "@/app/base.css";
import { beginToSpeak } from "@/lib/language";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
const page = createRoot(root);
// The page names it (vite.config.ts), so it is there when this runs, or about to be.
void Promise.all([loadScreen(location.pathname), beginToSpeak()]).then(() => {
  page.render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
});
