/** A picture of a run in small, made by the server. Pure. */
import type { paths } from "./schema.gen";

type FileQuery = NonNullable<paths["/runs/{operation_id}/files/{name}"]["get"]["parameters"]["query"]>;
type Width = NonNullable<FileQuery["w"]>;

const WIDTHS = [160, 320, 640] as const satisfies readonly Width[];
/** A picture that is shown a quarter larger than it is does not look it. Arbitrary (0.7..1). */
const ENOUGH = 0.8;
/** Of a tile nobody sees more: a phone of three pixels a CSS pixel has small tiles, too. */
const MOST_DENSE = 2;

/** The address of the picture at `url` for a place so many CSS pixels wide, on a screen of that density. */
export function thumbnailUrl(url: string, widthCssPx: number, density: number): string {
  const wanted = widthCssPx * Math.min(density, MOST_DENSE) * ENOUGH;
  return `${url}?w=${WIDTHS.find((width) => width >= wanted) ?? WIDTHS[WIDTHS.length - 1]}`;
}
