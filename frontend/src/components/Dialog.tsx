import { type ReactElement, type ReactNode, useId, useLayoutEffect, useRef } from "react";
import styles from "./Dialog.module.css";

interface Props {
  title: string;
  children: ReactNode;
  onClose: () => void;
}

/** A question in front of the page. Modal: the browser keeps the focus inside, closes it on Esc and gives the focus back. */
export function Dialog({ title, children, onClose }: Props): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // A layout effect: the focus is given back only by a dialog that is still on the page when it closes.
  useLayoutEffect(() => {
    const { current } = dialog;
    current?.showModal();
    return () => {
      current?.close();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      className={styles["dialog"]}
      aria-labelledby={titleId}
      // Esc. By itself the browser gives the focus back at once and tells of it later: a key between the two was lost.
      onCancel={(event) => {
        if (event.target !== event.currentTarget) return; // a choice of files
        event.preventDefault();
        onClose();
      }}
      onClose={onClose}
      onMouseDown={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div className={styles["body"]}>
        <h2 id={titleId}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}

/** The row of buttons at a dialog's end. */
export function DialogActions({ children }: { children: ReactNode }): ReactElement {
  return <div className={styles["actions"]}>{children}</div>;
}
