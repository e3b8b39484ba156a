import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, type ReactElement, useEffect, useId, useRef, useState } from "react";
import { useLocation } from "wouter";
import { listRuns } from "@/api/runs";
import { Dialog } from "@/components/Dialog";
import { presetNames } from "@/lib/presetStore";
import { type Command, matching } from "./commands";
import styles from "./Palette.module.css";

const RUNS = 6; // as many as are seen without scrolling

/** Everything that can be gone to, by a few letters (ARIA Authoring Practices, Combobox). */
export function Palette({ onClose }: { onClose: () => void }): ReactElement {
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const [presets] = useState(presetNames);
  const id = useId();
  const list = useRef<HTMLUListElement>(null);
  const [path, navigate] = useLocation();
  const { data, isPlaceholderData } = useQuery({
    queryKey: ["runs", "palette", typed.trim()],
    queryFn: ({ signal }) => listRuns({ q: typed.trim() }, null, RUNS, signal),
    placeholderData: (before) => before,
  });
  const commands = matching(typed, path, isPlaceholderData ? [] : (data?.runs ?? []), presets);
  const chosen = Math.min(at, commands.length - 1);
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  const go = (command: Command | undefined): void => {
    if (command === undefined) return;
    onClose();
    if (command.external === true) location.assign(command.to);
    else navigate(command.to);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const last = commands.length - 1;
    const to = {
      ArrowDown: chosen >= last ? 0 : chosen + 1,
      ArrowUp: chosen <= 0 ? last : chosen - 1,
    }[event.key];
    if (to !== undefined) setAt(to);
    else if (event.key === "Enter") go(commands[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={t`Go to …`} onClose={onClose}>
      <input
        className={styles["field"]}
        role="combobox"
        aria-label={t`Search commands and runs`}
        placeholder={t`A page, a part of this run, a title …`}
        aria-expanded="true"
        aria-controls={`${id}-list`}
        aria-activedescendant={commands.length === 0 ? undefined : `${id}-${chosen}`}
        autoComplete="off"
        autoFocus
        value={typed}
        onChange={({ target }) => {
          setTyped(target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ul
        ref={list}
        id={`${id}-list`}
        role="listbox"
        aria-label={t`Commands and runs`}
        className={styles["list"]}
      >
        {commands.map((command, place) => (
          <li
            key={command.id}
            id={`${id}-${place}`}
            role="option"
            aria-selected={place === chosen}
            onClick={() => {
              go(command);
            }}
          >
            <span dir="auto">{command.label}</span>
            <small>{command.hint}</small>
          </li>
        ))}
      </ul>
      {commands.length === 0 && <p role="status">{t`Nothing matches.`}</p>}
    </Dialog>
  );
}
