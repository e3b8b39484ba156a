import { useEffect } from "react";

/** What the browser's tab says; the product's name comes last, so that the news fits in a narrow tab. */
export function useDocumentTitle(title: string | null): void {
  useEffect(() => {
    document.title = title === null ? "Pressrun" : `${title} · Pressrun`;
  }, [title]);
}
