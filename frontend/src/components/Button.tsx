import type { ComponentProps, ReactElement } from "react";
import styles from "./Button.module.css";

export type ButtonTone = "primary" | "plain" | "danger";

/** The class of a button, for links that look like one. */
export const buttonClass = (tone: ButtonTone = "plain"): string =>
  `${styles["button"] ?? ""} ${styles[tone] ?? ""}`;

export function Button({
  tone = "plain",
  ...rest
}: ComponentProps<"button"> & { tone?: ButtonTone }): ReactElement {
  return <button type="button" {...rest} className={buttonClass(tone)} />;
}
