import { expect, test } from "vitest";
import { thumbnailUrl } from "./thumbnails";

test.each([
  [72, 1, 160],
  [72, 2, 160],
  [300, 1, 320],
  [300, 2, 640],
  [162, 3, 320],
  [162, 2, 320],
  [2000, 2, 640],
])("a place of %s px on a screen of %s pixels each has a picture of %s", (place, density, width) => {
  expect(thumbnailUrl("/runs/a/files/slides/0001.png", place, density)).toBe(
    `/runs/a/files/slides/0001.png?w=${width}`,
  );
});
