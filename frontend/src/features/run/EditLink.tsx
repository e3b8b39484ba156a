import { t } from "@lingui/core/macro";
import type { ReactElement } from "react";
import { Link } from "wouter";
import { queryOf } from "@/lib/paths";
import { buttonClass, type ButtonTone } from "@/components/Button";
import { Icon } from "@/components/Icon";

/** Back to what the run was made from, with its options, to change it and make another. A link: it may open in a new tab. */
export function EditLink(props: { operationId: string; tone?: ButtonTone }): ReactElement {
  const { operationId, tone = "plain" } = props;
  return (
    <Link href={`/${queryOf({ from: operationId })}`} className={buttonClass(tone)}>
      <Icon name="edit" />
      {t`Edit and make again`}
    </Link>
  );
}
