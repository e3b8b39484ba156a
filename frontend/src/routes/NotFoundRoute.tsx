import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { buttonClass } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { useDocumentTitle } from "@/lib/useDocumentTitle";

export function NotFoundRoute(): ReactElement {
  useDocumentTitle("Not found");
  return (
    <Notice
      tone="warning"
      level={1}
      title="There is no such page"
      actions={
        <Link to="/" className={buttonClass("primary")}>
          Start something new
        </Link>
      }
    >
      <p>The address may be mistyped, or what it named has been removed.</p>
    </Notice>
  );
}
