// SPDX-License-Identifier: Apache-2.0
/** The sites that may be read, and their places with what people call them. */

import { read } from "./api.js";
import { t } from "./texts.js";

/** What a place is called: its label where it has one, else its name. */
export function placeText(place, cameras) {
  if (place.kind === "floor") return t("whole", { camera: cameras?.get(place.camera) || place.camera });
  return place.label || place.name || place.place;
}

/** `[{site, label, time_zone, k, record, places: [{key, name, camera, kind, text}]}]` */
export async function sitesOf() {
  const [{ sites }, { records }] = await Promise.all([read("now"), read("site-records")]);
  return sites.map((site) => {
    const mine = records.filter((one) => one.site === site.site);
    const cameras = new Map(mine.flatMap((one) => one.record.cameras.map((camera) => [camera.name, camera.label])));
    return {
      ...site, records: mine, k: Math.max(1, ...mine.map((one) => one.record.k)),
      places: site.places.map((place) => ({
        ...place, name: place.place, key: `${place.camera}/${place.place}`, text: placeText(place, cameras),
      })),
    };
  });
}
