import { msg, t } from "@lingui/core/macro";
import { type ReactElement, useId, useState } from "react";
import { RATES, VIDEO_PREVIEWS, videoPreviewNames } from "@/api/choices";
import { DEFAULTS } from "@/api/tables.gen";
import { dataUrl } from "@/lib/dataUrl";
import { Button } from "./Button";
import { Choice } from "./Field";
import type { FilmMore } from "./film";
import styles from "./FoldedFields.module.css";
import { say } from "@/lib/language";
import { figure } from "@/lib/format";

interface Props {
  prefix: string;
  value: FilmMore;
  /** What the server found wrong with any of it. */
  error: string | undefined;
  onChange: (value: FilmMore) => void;
}

const LARGEST_BYTES = 1_500_000;
const COVERS = [
  {
    field: "video_intro",
    label: msg`In front`,
    picture: msg`In front of the slides`,
    remove: msg`Remove the picture in front`,
  },
  {
    field: "video_outro",
    label: msg`Behind`,
    picture: msg`Behind the slides`,
    remove: msg`Remove the picture behind`,
  },
] as const;

/** Pictures in front and behind, frames a second, WebM, a small picture that moves. */
export function VideoFields({ prefix, value, error, onChange }: Props): ReactElement {
  const id = useId();
  const [problem, setProblem] = useState<string>();
  const take = async (field: (typeof COVERS)[number]["field"], file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    if (file.size > LARGEST_BYTES) {
      setProblem(t`This picture has more than 1.5 MB; save it as JPEG or WebP.`);
      return;
    }
    setProblem(undefined);
    try {
      onChange({ ...value, [field]: await dataUrl(file) });
    } catch {
      setProblem(t`This file cannot be read.`);
    }
  };
  const said = problem ?? error;
  return (
    <div className={styles["fields"]}>
      {COVERS.map(({ field, label, picture, remove }) => (
        <div key={field} className={styles["row"]}>
          <label htmlFor={`${id}-${field}`}>{say(label)}</label>
          <input
            id={`${id}-${field}`}
            type="file"
            accept="image/png,image/jpeg,image/webp"
            aria-describedby={said === undefined ? undefined : `${id}-problem`}
            onChange={({ target }) => {
              void take(field, target.files?.[0]);
              target.value = ""; // the same file can be chosen again
            }}
          />
          {value[field] != null && (
            <>
              {value[field].startsWith("data:") ? (
                <img src={value[field]} alt={say(picture)} />
              ) : (
                <span>{value[field]}</span>
              )}
              <Button
                aria-label={say(remove)}
                onClick={() => {
                  onChange({ ...value, [field]: null });
                }}
              >
                {t`Remove`}
              </Button>
            </>
          )}
        </div>
      ))}
      {said !== undefined && (
        <p id={`${id}-problem`} role="alert">
          {said}
        </p>
      )}
      <Choice
        legend={t`Frames a second`}
        name={`${prefix}fps`}
        type="radio"
        options={RATES.map((rate) => ({ value: String(rate), label: figure(rate) }))}
        chosen={[String(value.fps ?? DEFAULTS.fps)]}
        onChange={(rate) => {
          onChange({ ...value, fps: Number(rate) });
        }}
      />
      <Choice
        legend={t`Besides the MP4`}
        name={`${prefix}webm`}
        type="checkbox"
        options={[{ value: "webm", label: "WebM" }]}
        chosen={value.video_webm === true ? ["webm"] : []}
        onChange={(_, checked) => {
          onChange({ ...value, video_webm: checked });
        }}
      />
      <Choice
        legend={t`Small moving picture`}
        name={`${prefix}videoPreview`}
        type="radio"
        options={VIDEO_PREVIEWS.map((form) => ({ value: form, label: say(videoPreviewNames[form]) }))}
        chosen={[value.video_preview ?? "none"]}
        onChange={(video_preview) => {
          onChange({ ...value, video_preview });
        }}
      />
    </div>
  );
}
