/** `/lanes…` */
import { getJson, send } from "./client";
import type { Lane } from "./types";

export async function listLanes(signal?: AbortSignal): Promise<Lane[]> {
  return (await getJson<{ lanes: Lane[] }>("/lanes", signal)).lanes;
}

/** Nobody begins in a paused lane; who runs goes on. */
export async function setLanePaused(lane: string, paused: boolean): Promise<void> {
  await send("POST", `/lanes/${encodeURIComponent(lane)}/${paused ? "pause" : "resume"}`);
}
