import { type KeyboardEvent, type ReactElement, type ReactNode, useEffect, useId, useRef } from "react";
import styles from "./Tabs.module.css";

export interface TabItem<T extends string> {
  id: T;
  label: string;
  /** How many there are, behind the label. */
  amount?: number;
}

interface Props<T extends string> {
  /** What all of them are parts of. */
  label: string;
  tabs: readonly TabItem<T>[];
  chosen: T;
  onChoose: (id: T) => void;
  children: ReactNode;
}

/** Parts of a page of which one is shown: one stop of the Tab key, arrows between them (ARIA Authoring Practices, Tabs). */
export function Tabs<T extends string>({ label, tabs, chosen, onChoose, children }: Props<T>): ReactElement {
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  useEffect(() => {
    // on a phone not all of them are in sight
    const tab = list.current?.querySelector(`[data-tab="${chosen}"]`);
    tab?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [chosen]);
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = tabs.findIndex((tab) => tab.id === chosen);
    const last = tabs.length - 1;
    const rtl = getComputedStyle(event.currentTarget).direction === "rtl";
    const next = at === last ? 0 : at + 1;
    const before = at === 0 ? last : at - 1;
    const to = { ArrowRight: rtl ? before : next, ArrowLeft: rtl ? next : before, Home: 0, End: last }[
      event.key
    ];
    const tab = to === undefined ? undefined : tabs[to];
    if (tab === undefined) return;
    event.preventDefault();
    onChoose(tab.id);
    list.current?.querySelector<HTMLElement>(`[data-tab="${tab.id}"]`)?.focus();
  };
  return (
    <div className={styles["tabs"]}>
      <div ref={list} role="tablist" aria-label={label} className={styles["list"]} onKeyDown={onKeyDown}>
        {tabs.map((tab) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            id={`${id}-${tab.id}`}
            data-tab={tab.id}
            aria-selected={tab.id === chosen}
            aria-controls={`${id}-panel`}
            tabIndex={tab.id === chosen ? 0 : -1}
            onClick={() => {
              onChoose(tab.id);
            }}
          >
            {tab.label}
            {tab.amount !== undefined && <span className={styles["amount"]}> {tab.amount}</span>}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${chosen}`} className={styles["panel"]}>
        {children}
      </div>
    </div>
  );
}
