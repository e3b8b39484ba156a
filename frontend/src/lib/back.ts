import { createContext } from "react";

/** The step back that the browser's own button takes. A test, whose history is none of a browser's, has its own. */
export const BackContext = createContext((): void => {
  history.back();
});
