/**
 * What the page knows: its whole state, key by key.
 * It never changes by itself: actions put it into the store.
 */

/** @typedef {import("../../../types/api.js").components["schemas"]} Schemas */
/** @typedef {Schemas["QueryResult"]} QueryResult */
/** @typedef {Schemas["Source"]} Source */
/** @typedef {Schemas["Meta"]} Meta */
/** @typedef {Schemas["ImageInfo"]} ImageInfo */
/** @typedef {import("./api.js").Query} Query */
/** @typedef {{x: [number, number], y: [number, number], width: number, height: number}} Viewport */
/** @typedef {{cx: number, cy: number, span: number}} View */

/**
 * @typedef {{stretch: string, cuts: string, colours: string, invert: boolean, contours: boolean,
 *   field: boolean, furniture: boolean, size: number}} PictureStyle `field`: the whole of it, not
 *   the part that the network sees; `size`: of a card, px.
 * @typedef {{id: string, title: string, url: string}} TrailEntry
 */

/**
 * @typedef {object} State
 * @property {number} k Neighbours asked for.
 * @property {string} colour The column that colours the map.
 * @property {Schemas["MapLayout"]["name"]} layout Which map is shown.
 * @property {boolean} hideDuplicates
 * @property {number} duplicatesArcsec
 * @property {View | null} view Where the axes came to rest; null shows all.
 * @property {Query | null} query What `result` answers.
 * @property {QueryResult | null} answer As the server gave it.
 * @property {QueryResult | null} result The same, with its places on the map that is shown.
 * @property {{x: number, y: number, row?: number | null} | null} target Place of the query on the
 *   map, known before its neighbours are.
 * @property {import("./api.js").ChosenImage | null} image The person's own, chosen but perhaps not
 *   yet asked about.
 * @property {{query: Query, since: number} | null} pending
 * @property {{parameter: string, detail: string, query?: Query, row?: number, nearest?: any, closeNames?: string[] | null} | null} error Beside
 *   which control, in which words.
 * @property {import("./binary.js").MapColumns | null} map
 * @property {import("./binary.js").Column | null} column
 * @property {readonly (Schemas["Column"] & {codes?: Uint16Array})[]} columns Of the bundle, then those
 *   that were added, which have their codes with them.
 * @property {object | null} colouring
 * @property {string | null} colourError
 * @property {string | null} mapError
 * @property {boolean} drawn
 * @property {Viewport | null} viewport The axes as they are now.
 * @property {number | null} hoverRow
 * @property {number | null} cursorRow
 * @property {Source | null} hoverSource
 * @property {number | null} highlightRow
 * @property {object} surveys
 * @property {{format: string, detail?: string} | null} download A file that is asked for, or why it
 *   did not come.
 * @property {PictureStyle} style How all pictures are drawn.
 * @property {"pan" | "lasso" | "box"} tool What a drag on the map does.
 * @property {"filters" | "selections" | "samples" | "overlays" | "check" | null} rail Which panel of the rail is open.
 * @property {object} checked Another one whenever the panel of checks has something new to draw.
 * @property {{id?: string, verdict?: string, undone?: boolean} | null} verdict That was given last, or
 *   that a change was undone.
 * @property {Record<string, import("./filters.js").Filter>} filters By column.
 * @property {import("./rows.js").Rows | null} shown What the filters leave; null: everything.
 * @property {Record<string, import("./filters.js").Histogram>} histograms
 * @property {string | null} filterError
 * @property {readonly import("./selections.js").Selection[]} selections
 * @property {string | null} active The selection that is worked on.
 * @property {"source" | "selection" | "list"} subject What the pane is about.
 * @property {string | null} list The search for a list that is shown; "" is the empty form.
 * @property {readonly import("./examples.js").Example[]} examples Marked, asked about or not yet.
 * @property {readonly string[]} compared Ids of the sources that stand side by side.
 * @property {boolean} comparing Whether they are shown.
 * @property {{state: "asking"} | {state: "failed", detail: string} | null} more What became of
 *   further ranks that were asked for.
 * @property {readonly TrailEntry[]} trail The sources that were opened, the latest last.
 * @property {{low: number, high: number} | null} colourRange Of the colour bar, where it was chosen.
 * @property {boolean} logColours Whether the colour bar is logarithmic.
 * @property {"" | "all" | "shown"} contours Of the density of which sources; "": none.
 * @property {{share: number, level: number, pieces: Float32Array}[] | null} contoursFound
 * @property {string} regions The column whose majorities name the regions; "": none.
 * @property {import("./regions.js").Region[] | null} regionsFound
 * @property {boolean} exemplars Whether example pictures stand on the map when it is zoomed in.
 * @property {string} placed The search whose list is placed on the map; "": none.
 * @property {import("./placed_list.js").PlacedList | null} placedFound
 * @property {readonly string[]} placedHidden Kinds of its entries that are not drawn.
 * @property {boolean} table Whether the table is open.
 * @property {import("./conditions.js").Conditions} conditions Of the neighbours.
 * @property {"light" | "dark"} theme
 * @property {import("./labels.js").SourceLabels | null} labels Of the source that is open.
 * @property {readonly Schemas["SampleInfo"][]} samples All that the server keeps.
 * @property {{sample: number | null, changes: Schemas["ChangeInfo"][]} | null} history The latest changes:
 *   of a sample, or (null) of everything.
 * @property {number} lastChange Number of the last change of samples and labels, whoever made it.
 * @property {string} author Who tags; "": not said yet.
 * @property {readonly string[]} palette The tags of the keys 1 to 9.
 * @property {boolean} naming Whether author and palette are being asked for.
 */

/**
 * The state of a page that was just opened.
 * @param {Pick<State, "k" | "colour" | "layout" | "hideDuplicates" | "duplicatesArcsec" | "view" | "filters" | "colourRange" | "conditions" | "examples" | "compared" | "logColours" | "contours" | "regions" | "exemplars" | "placed">} shared
 *   What its address says.
 * @param {Pick<State, "columns" | "surveys" | "theme" | "style" | "author" | "palette">} given
 * @returns {State}
 */
export function initialState(shared, given) {
  return {
    ...shared,
    query: null,
    answer: null,
    result: null,
    target: null,
    image: null,
    pending: null,
    error: null,
    map: null,
    column: null,
    colouring: null,
    colourError: null,
    mapError: null,
    drawn: false,
    viewport: null,
    hoverRow: null,
    cursorRow: null,
    hoverSource: null,
    highlightRow: null,
    download: null,
    tool: "pan",
    rail: null,
    checked: {},
    verdict: null,
    shown: null,
    histograms: {},
    filterError: null,
    selections: [],
    active: null,
    subject: "source",
    list: null,
    trail: [],
    contoursFound: null,
    regionsFound: null,
    placedFound: null,
    placedHidden: [],
    table: false,
    comparing: false,
    more: null,
    labels: null,
    naming: false,
    samples: [],
    history: null,
    lastChange: 0,
    ...given,
  };
}
