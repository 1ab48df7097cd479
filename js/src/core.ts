// Core: what every widget needs. The code of a kind does not bundle these modules again: it takes them out of the slot.

import * as buckets from "./lib/draw/buckets";
import * as lines from "./lib/draw/lines";
import * as palette from "./lib/draw/palette";
import * as slot from "./lib/hop/slot";
import * as durations from "./lib/text/durations";
import * as format from "./lib/text/format";
import * as intl from "./lib/text/intl";
import * as links from "./lib/text/links";
import * as offsets from "./lib/text/offsets";
import * as places from "./lib/text/places";
import * as times from "./lib/text/times";
import * as words from "./lib/text/words";
import * as zones from "./lib/text/zones";
import * as copy from "./lib/view/copy";
import * as dom from "./lib/view/dom";
import * as eyes from "./lib/view/eyes";
import * as freshness from "./lib/view/freshness";
import * as head from "./lib/view/head";
import * as icons from "./lib/view/icons";
import * as keys from "./lib/view/keys";
import * as layer from "./lib/view/layer";
import * as live from "./lib/view/live";
import * as sight from "./lib/view/sight";
import * as theme from "./lib/view/theme";

/** build.mjs reads the names. */
export const core: Record<string, object> = {
  "draw/buckets": buckets,
  "draw/lines": lines,
  "draw/palette": palette,
  "hop/slot": slot,
  "view/eyes": eyes,

  "text/durations": durations,
  "text/format": format,
  "text/intl": intl,
  "text/links": links,
  "text/offsets": offsets,
  "text/places": places,
  "text/times": times,
  "text/words": words,
  "text/zones": zones,
  "view/copy": copy,
  "view/dom": dom,
  "view/freshness": freshness,
  "view/head": head,
  "view/icons": icons,
  "view/keys": keys,
  "view/layer": layer,
  "view/live": live,
  "view/sight": sight,
  "view/theme": theme,
};
