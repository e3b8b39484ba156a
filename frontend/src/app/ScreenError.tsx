import { t } from "@lingui/core/macro";
import { Component, type ReactElement, type ReactNode } from "react";
import { explain } from "@/api/problems";
import { Button } from "@/components/Button";
import { Notice } from "@/components/Notice";

/** What is shown in place of a screen that broke, or whose code did not come, until somebody goes elsewhere. */
export class ScreenBoundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    return error === null ? this.props.children : <ScreenError error={error} />;
  }
}

/** A bug of ours, or a server that has been replaced meanwhile. The run, if there is one, is not touched by it. */
function ScreenError({ error }: { error: unknown }): ReactElement {
  return (
    <Notice
      tone="bad"
      level={1}
      role="alert"
      title={t`This page could not be shown`}
      actions={
        <Button
          onClick={() => {
            location.reload(); // code that did not come is not asked for again by the same page
          }}
        >
          {t`Show it again`}
        </Button>
      }
    >
      <p>
        {explain(error)} {t`Runs go on all the same: they belong to the server, not to this page.`}
      </p>
    </Notice>
  );
}
