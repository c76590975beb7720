// Longer than 350 lines: generated from the OpenAPI document of the query service; `npm run docs` writes it.
export interface paths {
    "/health/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether this process makes progress
         * @description 503 = restart it.
         */
        get: operations["getLiveness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether requests should come here now
         * @description 503 while the database is unavailable or the service stops.
         */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Prometheus metrics
         * @description Text exposition format.
         */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/annotations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Notes on charts
         * @description Latest first, with author. A filter matches notes of that name and notes that name none, so that the question of a chart finds every note that concerns it.
         */
        get: operations["listAnnotations"];
        put?: never;
        /**
         * Note something on charts
         * @description Stores what happened at a time, for the charts of a measurement, product, step, site or machine: those that it names, or all. It is in the audit trail with its author.
         */
        post: operations["createAnnotation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/annotations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One note
         * @description As it was stored; a note never changes, and stays readable after its withdrawal.
         */
        get: operations["getAnnotation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/annotations/{id}/withdrawal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Withdraw a note
         * @description Charts no longer show it; it stays stored with the reason. Withdrawing it again changes nothing.
         */
        post: operations["withdrawAnnotation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Changes made by people and operators, newest first
         * @description Who changed what, when and why, with the value before and after. Entries are never changed.
         */
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether the audit trail is intact
         * @description Walks every entry of the hash chains and names the first broken one.
         */
        get: operations["verifyAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/bins/pareto": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Units by bin
         * @description Most frequent bin first, with shares and cumulative shares; equal counts by bin number.
         */
        get: operations["getBinPareto"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/calendars": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Production calendars: time zone, start of the day, shifts
         * @description Every version, newest entry first. A version holds until the next one of its site begins. Statistics use them with `calendar=production` and `group_by=shift`.
         */
        get: operations["listCalendars"];
        /**
         * Store a version of a production calendar, or withdraw one
         * @description A new version succeeds the one before from `valid_from` on; nothing is overwritten. The same version again changes nothing. With `withdraw`, the version that begins at `valid_from` no longer counts.
         */
        put: operations["storeCalendar"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/capabilities": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Capability of every parameter of a product
         * @description One call instead of one per test: n, indices with their intervals, and whether the parameter is stable; worst first. A parameter whose values must not be mixed says so, and the others go on.
         */
        get: operations["getCapabilities"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/capability": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Process capability of a measurement
         * @description Cp, Cpk, Pp, Ppk, Cpm and Ppm of one measurement against the limits that you state.
         */
        get: operations["getCapability"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/capability/evaluate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Process capability of your own numbers
         * @description Cp, Cpk, Pp, Ppk and Cpm, also for one-sided limits.
         */
        post: operations["evaluateCapability"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/control-limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Frozen control limits
         * @description Every version, newest first, with its author, baseline and exclusions.
         */
        get: operations["listControlLimits"];
        put?: never;
        /**
         * Freeze control limits
         * @description Computes the limits of a chart from a baseline, or takes the given ones, and stores them as the next version for this parameter, chart, subgroup and filters. Charts use them with `limits=current` or their id.
         */
        post: operations["createControlLimits"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/control-limits/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One version of control limits
         * @description The version as stored; versions never change.
         */
        get: operations["getControlLimits"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Dead letters, newest first
         * @description Why each event was refused, and where its letter is. Details may quote what a machine sent, so this needs the role engineer or admin.
         */
        get: operations["listDeadLetters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dead-letters/{topic}/{partition}/{offset}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One dead letter
         * @description The event that was refused, read from its topic, with the place of the refusal in its text, beside the schema that it was judged by. 503 `kafka_unavailable`: the brokers do not answer this instance, or it has none.
         */
        get: operations["getDeadLetter"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dead-letters/dry-run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try a patch on dead letters
         * @description Patches the events of the selected letters and judges them as ingest would now. It sends and stores nothing. It ends after 10 s, 32 MB or 100,000 letters, and says so. 503 `kafka_unavailable`: the brokers do not answer this instance, or it has none.
         */
        post: operations["evaluateDeadLetters"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dead-letters/groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Dead letters by cause and machine
         * @description How many events were refused for which reason, since when, and from which machine.
         */
        get: operations["getDeadLetterGroups"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dead-letters/replays": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Replays of dead letters, newest first
         * @description Those that were asked for over HTTP; those by command are in the audit trail only.
         */
        get: operations["listReplays"];
        put?: never;
        /**
         * Replay dead letters
         * @description Publishes the events of the selected letters again to their machine topic, patched if a patch is given. Each letter is marked in the audit trail before it is sent; letters that were replayed before are skipped. It goes on after the answer, also when this instance ends. 403 `forbidden` where LETTER_REPLAY is off.
         */
        post: operations["createReplay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dead-letters/replays/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One replay of dead letters
         * @description How far it is, and what became of the events; it changes every second until it is done.
         */
        get: operations["getReplay"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/defects/density": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Defects per inspected area
         * @description D0: defects / inspected area in cm2, computed from the sums, never as a mean of densities.
         */
        get: operations["getDefectDensity"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/defects/pareto": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Defects by class, equipment, lot or severity
         * @description Most frequent first, with shares and cumulative shares; equal counts by name.
         */
        get: operations["getDefectPareto"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/equipment": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Equipment, when it was last seen, and whether it is silent
         * @description Every machine with completed attempts, by name. Shows machines that went silent, which raise no alarm themselves.
         */
        get: operations["listEquipment"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/equipment/{equipment_id}/units": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Everything that one machine touched
         * @description Every attempt on this equipment, in any state, newest first by (occurred_at, event_id) of its deciding event. An attempt that gets a new one while pages are read moves: it may be on two of them or on none.
         */
        get: operations["listEquipmentUnits"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/equipment/compare": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Which equipment fails more than the others
         * @description Yield per equipment with its uncertainty, and whether its lots fail more than those of all others beyond chance. Dice of one lot are not independent, so the test compares lots (or wafers), within a product and inspection type. Most suspicious first.
         */
        get: operations["compareEquipment"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Positions as they move
         * @description Server-sent events. `moved` has `{"positions": [{topic, partition, next_offset}]}`: all of them at first, then those that changed or whose partition changed its state, at most twice a second. Ask again for what you show; as_of says whether an answer includes them.
         */
        get: operations["getEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/export/inspections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All inspections
         * @description Current state of each, oldest first by (created_at, id); a download that was cut goes on with `after`. Streamed from one snapshot and never cut silently: the HTTP trailer x-row-count states how many rows were sent, and an answer that breaks off has no trailer.
         */
        get: operations["exportInspections"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/export/measurements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All measurements
         * @description Of every attempt, each with its attempt (voided ones have status voided). In no particular order unless `order=time`. Read a long history in ranges of `from` and `to`. Streamed from one snapshot and never cut silently: the HTTP trailer x-row-count states how many rows were sent, and an answer that breaks off has no trailer.
         */
        get: operations["exportMeasurements"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/export/telemetry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Raw telemetry samples
         * @description All that retention still keeps. In no particular order unless `order=time`. Read long ranges in shorter ones. Streamed from one snapshot and never cut silently: the HTTP trailer x-row-count states how many rows were sent, and an answer that breaks off has no trailer.
         */
        get: operations["exportTelemetry"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/gauge-rr/evaluate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Gauge repeatability and reproducibility of your own numbers
         * @description A complete crossed design: every appraiser measures every part in every trial.
         */
        post: operations["evaluateGaugeRr"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/inspections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Inspections, newest first
         * @description The current state of each (lot, chip, inspection type), descending by (created_at, id). Pages stay consistent while events arrive; new inspections appear before the first page.
         */
        get: operations["listInspections"];
        put?: never;
        /**
         * Schedule an inspection
         * @description Creates a pending inspection. Machine events for the same lot, chip and type continue it. There is one inspection per lot, chip and type.
         */
        post: operations["scheduleInspection"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/inspections/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One inspection with its attempts, defects and measurements
         * @description Includes every attempt, even voided ones; defects and measurements name their attempt.
         */
        get: operations["getInspection"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ledger": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Every offset accounted for
         * @description Two balances per partition: offsets of the source topic, and the events in its records.
         */
        get: operations["getLedger"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/lots": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lots, newest first
         * @description Descending by (created_at, id); created_at is when the lot was first stored.
         */
        get: operations["listLots"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/lots/{lot_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Everything about one lot
         * @description Its wafers with their current results, and what each machine did to it, when.
         */
        get: operations["getLot"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/lots/{lot_id}/map": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Stacked map of a lot
         * @description The wafers of the lot on top of each other: how often each die position fails, or any other value. Shows patterns that repeat from wafer to wafer.
         */
        get: operations["getLotMap"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/lots/{lot_id}/map.png": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Picture of the stacked map of a lot (PNG)
         * @description The stacked map that the same parameters give as numbers, for a mail, a wiki or a dashboard.
         */
        get: operations["getLotMapPng"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/lots/{lot_id}/map.svg": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Picture of the stacked map of a lot (SVG)
         * @description The stacked map that the same parameters give as numbers, for a mail, a wiki or a dashboard.
         */
        get: operations["getLotMapSvg"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/lots/{lot_id}/maps": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Maps of all wafers of a lot
         * @description Every wafer side by side, in one answer: the die positions once, and the values of each wafer in their order. At most 500000 dice; request a larger lot wafer by wafer.
         */
        get: operations["getWaferMaps"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/lots/{lot_id}/parts/{chip_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Everything about one chip
         * @description All its inspections with every attempt, defect and measurement.
         */
        get: operations["getPart"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/lots/{lot_id}/wafers/{wafer_id}/defects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Defects of one wafer, each at its place
         * @description Class, size and place of every defect that the counted attempts found: die and micrometres within it.
         */
        get: operations["getWaferDefects"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/lots/{lot_id}/wafers/{wafer_id}/map": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Map of one wafer
         * @description One value per die position, compact enough for a whole 300 mm wafer; yield by zone with `zones`.
         */
        get: operations["getWaferMap"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/lots/{lot_id}/wafers/{wafer_id}/map.png": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Picture of the map of one wafer (PNG)
         * @description The map that the same parameters give as numbers, drawn by the wafer geometry of the product with the notch at the bottom; without a geometry as a grid.
         */
        get: operations["getWaferMapPng"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/lots/{lot_id}/wafers/{wafer_id}/map.svg": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Picture of the map of one wafer (SVG)
         * @description The map that the same parameters give as numbers, drawn by the wafer geometry of the product with the notch at the bottom; without a geometry as a grid.
         */
        get: operations["getWaferMapSvg"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/map": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Stacked map of many lots
         * @description All wafers that match the filters on top of each other: of several lots, of a product, of a range. Several products are refused unless mix=yes, because their dice lie elsewhere. Of results, bins and numbers of defects at most 2000000 attempts.
         */
        get: operations["getStackedMap"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/map.png": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Picture of the stacked map of many lots (PNG)
         * @description The stacked map that the same parameters give as numbers, for a mail, a wiki or a dashboard.
         */
        get: operations["getStackedMapPng"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/map.svg": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Picture of the stacked map of many lots (SVG)
         * @description The stacked map that the same parameters give as numbers, for a mail, a wiki or a dashboard.
         */
        get: operations["getStackedMapSvg"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Telemetry metrics
         * @description By name; first and last seen are days (UTC) with samples.
         */
        get: operations["listMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/parameters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Parameters with their units and specification limits
         * @description Every version of the catalogue, newest entry first. A version is in force until the next one begins.
         */
        get: operations["listParameters"];
        /**
         * Store a version of a parameter, or withdraw one
         * @description A new version succeeds the previous one from `valid_from` on; nothing is overwritten. Storing the same version again changes nothing. `withdraw` withdraws the version that begins at `valid_from`. A value takes the entry that fits its product, step, recipe and site with the most of these named.
         */
        put: operations["storeParameter"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pipeline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Progress of each partition
         * @description Position, lag in events and seconds, state with reason, and counters, per partition and per topic.
         */
        get: operations["getPipeline"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/products": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Products
         * @description By name; first and last seen are the times when inspections of the product began.
         */
        get: operations["listProducts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/recipes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Recipes
         * @description Recipes of completed attempts, by name.
         */
        get: operations["listRecipes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Reports, newest first
         * @description Without their results.
         */
        get: operations["listReports"];
        put?: never;
        /**
         * Store a report
         * @description Answers yield, defects, bins, the map of a lot and control charts from one snapshot and stores them with their SHA-256. What a route refuses is in the report as its `problem`.
         */
        post: operations["createReport"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reports/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One report
         * @description As it was stored; a report never changes. With `Accept: text/html` a page to print.
         */
        get: operations["getReport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spc": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A control chart of stored data
         * @description Measurements in the order of completion, or failing units and defects per sample. With too little data for limits the chart is empty; given limits need no data.
         */
        get: operations["getSpcChart"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spc/backtest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What control rules would have done on stored history
         * @description The alarms that each rule would have raised per week, and after how many samples it finds a shift that is added to the stored values from several starts on. Changes nothing.
         */
        post: operations["backtestRules"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spc/evaluate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A control chart of your own numbers
         * @description Limits, points and violations. Rules have names: Western Electric 4 is 8 in a row on one side, Nelson 2 is 9. Run rules are opt-in, because each one adds false alarms.
         */
        post: operations["evaluateChart"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/steps": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Steps
         * @description Steps of completed attempts, by name.
         */
        get: operations["listSteps"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/summary/daily": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Inspections per day, type and status
         * @description Computed in advance, so that a dashboard may poll it.
         */
        get: operations["getDailySummary"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/telemetry/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One metric over time, for a chart
         * @description Buckets as fine as `max_points` allows: raw samples for ranges up to a day, else, and where retention has removed some of them, the hourly or daily roll-up.
         */
        get: operations["getTelemetrySeries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/telemetry/summary": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One metric over a time range, per service
         * @description Count, mean, minimum and maximum, weighted by samples. Exact even if the range begins or ends within an hour.
         */
        get: operations["getTelemetrySummary"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tests/pareto": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Units by the test that they fail
         * @description Most frequent test first, with the fraction of the units that reached it. Says when the tester stops at the first failing test.
         */
        get: operations["getFailingTests"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/wafer-geometries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Wafer geometry of products
         * @description Every version, newest entry first. A version holds until the next one of its product begins. Maps, their pictures and zones use the version in force when the attempts completed.
         */
        get: operations["listWaferGeometries"];
        /**
         * Store a version of a wafer geometry, or withdraw one
         * @description A new version succeeds the one before from `valid_from` on; nothing is overwritten. The same version again changes nothing. With `withdraw`, the version that begins at `valid_from` no longer counts.
         */
        put: operations["storeWaferGeometry"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/yield": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Yield of units, with its definition
         * @description A die is often tested more than once, so final, first-pass and insertion yield of the same data differ. Every answer states in `definition` which one it is.
         */
        get: operations["getYield"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/yield/limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Statistical yield and bin limits of a product, and which lots exceed them
         * @description Limits from the latest lots of the product (SYL and SBL of AEC-Q002), and a verdict on each lot. Lots named for judgement do not contribute to the limits.
         */
        get: operations["getYieldLimits"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/yield/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Yield models: from defect density to yield, and back
         * @description Poisson, Murphy, exponential and negative binomial on numbers that you give: a defect density and a die area, a yield, or defects and units. Reads no stored data.
         */
        get: operations["getYieldModels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Annotation: {
            /** @description Subject that stored it. */
            author: string;
            /**
             * Format: date-time
             * @example 2008-07-19T11:55:00.000000Z
             */
            begins_at: string;
            /**
             * Format: date-time
             * @example 2008-07-19T11:55:00.000000Z
             */
            created_at: string;
            /** @description null = a moment. */
            ends_at: string | null;
            /** @description null = any. */
            equipment_id: string | null;
            /** Format: uuid */
            id: string;
            note: string;
            /** @description null = any. */
            parameter: string | null;
            /** @description null = any. */
            product: string | null;
            /** @description null = any. */
            site: string | null;
            /** @description null = any. */
            step: string | null;
            withdrawal_reason: string | null;
            /** @description Since when charts no longer show it. */
            withdrawn_at: string | null;
            withdrawn_by: string | null;
        };
        AnnotationPage: {
            items: components["schemas"]["Annotation"][];
            /** @description Pass it as `cursor` to get the next page; null at the end. */
            next_cursor: string | null;
        };
        /**
         * @example {
         *       "step": "GATE-CD",
         *       "equipment_id": "CDSEM-02",
         *       "begins_at": "2026-03-02T08:00:00Z",
         *       "note": "pump exchanged"
         *     }
         */
        AnnotationRequest: {
            /**
             * Format: date-time
             * @description When it happened, or began.
             */
            begins_at: string;
            /**
             * Format: date-time
             * @description When it ended. Absent: a moment.
             */
            ends_at?: string;
            equipment_id?: string;
            /** @description What happened; also the reason in the audit trail. */
            note: string;
            /** @description Measurement whose charts show it. Absent: any. */
            parameter?: string;
            product?: string;
            site?: string;
            step?: string;
        };
        /**
         * @example {
         *       "reason": "it was the other machine"
         *     }
         */
        AnnotationWithdrawal: {
            /** @description Why it was wrong, for the audit trail. */
            reason: string;
        };
        AuditPage: {
            items: {
                /** @example inspection.create */
                action: string;
                actor: string;
                /**
                 * Format: date-time
                 * @description Server time.
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                at: string;
                /** @description Hex SHA-256. */
                hash: string;
                new_value: unknown;
                /** @description Before the change; null where there was nothing. */
                old_value: unknown;
                reason: string;
                /** @description 1, 2, 3 ... within the stream. */
                seq: number;
                /** @example api */
                stream: string;
                subject: string;
            }[];
            /** @description Pass it as `cursor` to get the next page; null at the end. */
            next_cursor: string | null;
        };
        AuditVerification: {
            /** @description What exactly is counted, and how. */
            definition: string;
            /** @description Whether every chain is intact. */
            ok: boolean;
            streams: {
                /** @description The first entry that is wrong or missing. */
                broken: {
                    problem: string;
                    seq: number;
                } | null;
                entries: number;
                /** @description The newest entry. Keep it outside the database to detect a later truncation. */
                head: {
                    /** @description Hex SHA-256. */
                    hash: string;
                    seq: number;
                } | null;
                /** @example api */
                stream: string;
            }[];
        };
        Backtest: {
            /** @description The events that the answer includes: all below these offsets of the machine topics, read in the same snapshot as the numbers. */
            as_of: {
                positions: {
                    /** @example 1567 */
                    next_offset: number;
                    /** @example 0 */
                    partition: number;
                    /** @example inspection.results.v1 */
                    topic: string;
                }[];
                time: string | null;
            };
            /** @description Of the limits; null where the history has none. */
            centre: number | null;
            /** @enum {string} */
            chart: "xbar_r" | "xbar_s" | "imr" | "between_within" | "p" | "np" | "c" | "u" | "p_prime" | "u_prime" | "ewma" | "cusum";
            /** @description What exactly is counted, and how. */
            definition: string;
            /**
             * @description Stable name of the definition; its number increases when the meaning changes.
             * @example yield.first_pass/2
             */
            definition_id: string;
            rules: {
                /** @description In the history as it is stored. */
                alarms: number;
                alarms_per_week: number;
                most_in_a_week: number;
                /** @enum {string} */
                panel: "location" | "dispersion" | "within";
                /** @enum {string} */
                rule: "beyond_limits" | "western_electric_1" | "western_electric_2" | "western_electric_3" | "western_electric_4" | "nelson_1" | "nelson_2" | "nelson_3" | "nelson_4" | "nelson_5" | "nelson_6" | "nelson_7" | "nelson_8";
                shifts: {
                    /** @description Starts after which it was found within the samples looked at. */
                    found: number;
                    /** @description Samples until then, over the starts where it was found; null where it never was. */
                    mean_samples: number | null;
                    /** @description In sigma. */
                    shift: number;
                    /** @description Places in the history where the shift was made to begin. */
                    starts: number;
                }[];
            }[];
            samples: number;
            /** @description What shifts are counted in; null for counts, whose samples each have their own. */
            sigma: number | null;
            /** @description The set of rules as one: an alarm is a sample at which any of them raised one. */
            together: {
                /** @description In the history as it is stored. */
                alarms: number;
                alarms_per_week: number;
                most_in_a_week: number;
                shifts: {
                    /** @description Starts after which it was found within the samples looked at. */
                    found: number;
                    /** @description Samples until then, over the starts where it was found; null where it never was. */
                    mean_samples: number | null;
                    /** @description In sigma. */
                    shift: number;
                    /** @description Places in the history where the shift was made to begin. */
                    starts: number;
                }[];
            };
            /** @description Read this before you use the numbers; absent when there is nothing to warn of. */
            warning?: string;
            weeks: {
                /** @description Samples at which any of the rules raised an alarm. */
                alarms: number;
                samples: number;
                /**
                 * @description ISO week, UTC.
                 * @example 2008-W31
                 */
                week: string;
            }[];
        };
        /**
         * @example {
         *       "parameter": "s000",
         *       "chart": "imr",
         *       "from": "2008-07-01T00:00:00Z",
         *       "to": "2008-11-01T00:00:00Z",
         *       "rules": "nelson"
         *     }
         */
        BacktestRequest: {
            /** @description The limits come from the samples that begin in [from, to), not from the whole history. */
            baseline?: {
                /** Format: date-time */
                from: string;
                /** Format: date-time */
                to: string;
            };
            /** @enum {string} */
            break_at?: "none" | "lot" | "wafer" | "product";
            /** @enum {string} */
            chart: "xbar_r" | "xbar_s" | "imr" | "between_within" | "p" | "np" | "c" | "u" | "p_prime" | "u_prime" | "ewma" | "cusum";
            equipment_id?: string;
            /**
             * Format: date-time
             * @description History that was completed at or after this time.
             */
            from: string;
            /** @description CUSUM; default 5. */
            h?: number;
            inspection_type?: string;
            /** @description CUSUM; default 0.5. */
            k?: number;
            /** @description EWMA; default 3. */
            l?: number;
            /** @description EWMA; default 0.2. */
            lambda?: number;
            /** @description Frozen control limits, as of GET /v1/spc. Without these the limits come from the history. */
            limits?: "current" | string;
            /**
             * @description Combine populations that are otherwise refused as ambiguous.
             * @enum {string}
             */
            mix?: "yes";
            /** @description Name of the measurement; not for charts of counts. */
            parameter?: string;
            /**
             * @description Which attempt represents a unit.
             * @default last
             * @enum {string}
             */
            policy?: "last" | "first" | "best" | "worst" | "all";
            product?: string;
            recipe?: string;
            /** @description A set or a list of rules. Default: every rule; of ewma and cusum beyond_limits. */
            rules?: ("western_electric" | "nelson") | ("beyond_limits" | "western_electric_1" | "western_electric_2" | "western_electric_3" | "western_electric_4" | "nelson_1" | "nelson_2" | "nelson_3" | "nelson_4" | "nelson_5" | "nelson_6" | "nelson_7" | "nelson_8")[];
            /** @description In sigma, of counts in standard deviations of each sample; default 0.5, 1, 1.5. */
            shifts?: number[];
            /**
             * @description Estimator of sigma within subgroups. weighted (default): mean of R/d2(n) or S/c4(n), each weighted by the inverse of its variance. mean: the same without weights. pooled: root of the pooled variance / c4.
             * @enum {string}
             */
            sigma_method?: "weighted" | "mean" | "pooled";
            site?: string;
            step?: string;
            /** @description As in GET /v1/spc. Default 1 for imr, ewma and cusum, otherwise lot. */
            subgroup?: ("lot" | "wafer" | "day") | number;
            /**
             * Format: date-time
             * @description History that was completed before this time.
             */
            to: string;
        };
        BinPareto: {
            /** @description The events that the answer includes: all below these offsets of the machine topics, read in the same snapshot as the numbers. */
            as_of: {
                positions: {
                    /** @example 1567 */
                    next_offset: number;
                    /** @example 0 */
                    partition: number;
                    /** @example inspection.results.v1 */
                    topic: string;
                }[];
                time: string | null;
            };
            /** @description With group_by: the Pareto of each group; shares are of the group. */
            by_group?: {
                count: number;
                groups: {
                    count: number;
                    cumulative_share: number;
                    /**
                     * @description Bin number.
                     * @example 1
                     */
                    key: number;
                    /** @description Units among these that pass. */
                    passed: number;
                    /** @description Share of all units with a bin. */
                    share: number;
                }[];
                /**
                 * @description Value of `group_by`; null where the machine stated none.
                 * @example 2008-08
                 */
                key: string | null;
                /** @description With group_by=lot or wafer: a wafer is named within its lot. */
                lot_id?: string;
                /** @description With top: what is left off; absent when nothing is. */
                other?: {
                    count: number;
                    /** @description How many bars are summed up. */
                    keys: number;
                    share: number;
                };
                /** @description With group_by=lot or wafer. */
                site?: string;
            }[];
            /** @description What exactly is counted, and how. */
            definition: string;
            /**
             * @description Stable name of the definition; its number increases when the meaning changes.
             * @example yield.first_pass/2
             */
            definition_id: string;
            groups: {
                count: number;
                cumulative_share: number;
                /**
                 * @description Bin number.
                 * @example 1
                 */
                key: number;
                /** @description Units among these that pass. */
                passed: number;
                /** @description Share of all units with a bin. */
                share: number;
            }[];
            /** @description With top: what is left off; absent when nothing is. */
            other?: {
                count: number;
                /** @description How many bars are summed up. */
                keys: number;
                share: number;
            };
            totals: {
                /** @description Units with a bin. */
                count: number;
                /** @description Units whose chosen attempt has no bin. */
                without_bin: number;
            };
        };
        Calendar: {
            /**
             * Format: date-time
             * @example 2008-07-19T11:55:00.000000Z
             */
            created_at: string;
            created_by: string;
            /** @example 06:00 */
            day_start: string;
            /**
             * Format: uuid
             * @example 0d6a2d1c-8a4e-5c43-9d53-0f8f4a3b2c11
             */
            id: string;
            reason: string;
            shifts: {
                name: string;
                start: string;
            }[];
            /** @description null = every site without a calendar of its own. */
            site: string | null;
            /** @example Europe/Berlin */
            time_zone: string;
            /**
             * Format: date-time
             * @example 2008-07-19T11:55:00.000000Z
             */
            valid_from: string;
            /** @description When the next version begins; null while there is none, and of a withdrawn version. */
            valid_to: string | null;
            withdrawal_reason: string | null;
            /** @description Since when the version no longer counts for any time. */
            withdrawn_at: string | null;
            withdrawn_by: string | null;
        };
        CalendarPage: {
            items: components["schemas"]["Calendar"][];
            /** @description Pass it as `cursor` to get the next page; null at the end. */
            next_cursor: string | null;
        };
        /**
         * @example {
         *       "site": "fab-1",
         *       "valid_from": "2026-01-01T00:00:00Z",
         *       "time_zone": "Europe/Berlin",
         *       "day_start": "06:00",
         *       "shifts": [
         *         {
         *           "name": "early",
         *           "start": "06:00"
         *         },
         *         {
         *           "name": "late",
         *           "start": "14:00"
         *         },
         *         {
         *           "name": "night",
         *           "start": "22:00"
         *         }
         *       ],
         *       "reason": "shift model of 2026"
         *     }
         */
        CalendarRequest: {
            /**
             * @description When the production day begins; wall clock. Default 00:00.
             * @example 06:00
             */
            day_start?: string;
            /** @description Why, for the audit trail. */
            reason: string;
            /** @description In the order of the day. The first one begins with the day. Absent: no shifts. */
            shifts?: {
                /** @example early */
                name: string;
                /**
                 * @description Wall clock; the shift ends where the next one begins.
                 * @example 06:00
                 */
                start: string;
            }[];
            /** @description Absent: every site without a calendar of its own. */
            site?: string;
            /**
             * @description IANA name of the time zone.
             * @example Europe/Berlin
             */
            time_zone?: string;
            /**
             * Format: date-time
             * @description When it takes effect; it holds until the next version begins. May lie in the past.
             */
            valid_from: string;
            /**
             * @description Withdraw the version with this valid_from because it was wrong: it no longer counts for any time.
             * @enum {boolean}
             */
            withdraw?: true;
        };
        Capabilities: {
            /** @description The events that the answer includes: all below these offsets of the machine topics, read in the same snapshot as the numbers. */
            as_of: {
                positions: {
                    /** @example 1567 */
                    next_offset: number;
                    /** @example 0 */
                    partition: number;
                    /** @example inspection.results.v1 */
                    topic: string;
                }[];
                time: string | null;
            };
            /** @description What exactly is counted, and how. */
            definition: string;
            /**
             * @description Stable name of the definition; its number increases when the meaning changes.
             * @example yield.first_pass/2
             */
            definition_id: string;
            parameters: {
                /** @description What differs between its values, so that its indices are null. Filter, or use mix=yes, which combines everything but units. */
                ambiguous?: ("unit" | "inspection_type" | "step" | "recipe")[];
                /** @description Fraction of values beyond mean -+ 3 sigma_within; 0.0027 of a stable normal process. */
                beyond_limits: number | null;
                cp: number | null;
                cpk: number | null;
                /** @description Of the true cpk, 95 %. */
                cpk_interval: {
                    lower: number;
                    upper: number;
                } | null;
                cpl: number | null;
                cpm: number | null;
                cpu: number | null;
                /** @description Whether no more values lie there than chance explains; indices of an unstable process predict nothing. null with fewer than 20 values. */
                is_stable: boolean | null;
                /** @description catalogue: `/v1/parameters`. tested: the limits that the machines tested by, where they are the same for every value. null: there are none. */
                limits_from: ("catalogue" | "tested") | null;
                lsl: number | null;
                mean: number | null;
                /** @description Values that the machines reported as missing. */
                missing: number;
                n: number;
                /** @example s000 */
                parameter: string;
                pp: number | null;
                ppk: number | null;
                /** @description Of the true ppk, 95 %. */
                ppk_interval: {
                    lower: number;
                    upper: number;
                } | null;
                ppl: number | null;
                /** @description As cpm, with sigma_overall. */
                ppm: number | null;
                ppu: number | null;
                sigma_overall: number | null;
                sigma_within: number | null;
                target: number | null;
                unit: string | null;
                usl: number | null;
            }[];
        };
        Capability: {
            /** @description For subgroups: the spread of their means beyond what the spread within explains, and the indices of both combined. null for single values, and without two neighbouring subgroups. */
            between_within: {
                cp: number | null;
                cpk: number | null;
                cpl: number | null;
                cpu: number | null;
                sigma_between: number;
                sigma_total: number;
            } | null;
            cp: number | null;
            cpk: number | null;
            /** @description Of the true cpk, 95 %. */
            cpk_interval: {
                lower: number;
                upper: number;
            } | null;
            cpl: number | null;
            cpm: number | null;
            cpu: number | null;
            /** @description What exactly is counted, and how. */
            definition: string;
            /**
             * @description Stable name of the definition; its number increases when the meaning changes.
             * @example yield.first_pass/2
             */
            definition_id: string;
            mean: number | null;
            n: number;
            pp: number | null;
            ppk: number | null;
            /** @description Of the true ppk, 95 %. */
            ppk_interval: {
                lower: number;
                upper: number;
            } | null;
            ppl: number | null;
            /** @description As cpm, with sigma_overall. */
            ppm: number | null;
            ppu: number | null;
            sigma_overall: number | null;
            sigma_within: number | null;
        };
        /**
         * @example {
         *       "values": [
         *         49.6,
         *         47.6,
         *         49.9,
         *         51.3,
         *         47.8,
         *         51.2,
         *         52.6
         *       ],
         *       "lsl": 40,
         *       "usl": 60,
         *       "target": 50
         *     }
         */
        CapabilityRequest: {
            lsl?: number;
            /**
             * @description Estimator of sigma within subgroups. weighted (default): mean of R/d2(n) or S/c4(n), each weighted by the inverse of its variance. mean: the same without weights. pooled: root of the pooled variance / c4.
             * @enum {string}
             */
            sigma_method?: "weighted" | "mean" | "pooled";
            subgroups?: number[][];
            target?: number;
            usl?: number;
            values?: (number | null)[];
        };
        Chart: {
            /** @enum {string} */
            chart: "xbar_r" | "xbar_s" | "imr" | "between_within" | "p" | "np" | "c" | "u" | "p_prime" | "u_prime" | "ewma" | "cusum";
            /** @description What exactly is counted, and how. */
            definition: string;
            /**
             * @description Stable name of the definition; its number increases when the meaning changes.
             * @example yield.first_pass/2
             */
            definition_id: string;
            dispersion?: {
                /** @description null when it varies by point. */
                centre: number | null;
                lower: number | null;
                points: {
                    /** @description CUSUM: sum above the target. */
                    high?: number;
                    /** @description 0-based, in the data; missing values have no point. */
                    index: number;
                    /** @description CUSUM: sum below the target, not negative. */
                    low?: number;
                    lower: number;
                    size?: number;
                    upper: number;
                    value: number;
                }[];
                upper: number | null;
                violations: {
                    /** @description The last point of the pattern. */
                    index: number;
                    /** @enum {string} */
                    rule: "beyond_limits" | "western_electric_1" | "western_electric_2" | "western_electric_3" | "western_electric_4" | "nelson_1" | "nelson_2" | "nelson_3" | "nelson_4" | "nelson_5" | "nelson_6" | "nelson_7" | "nelson_8";
                }[];
            };
            location: {
                /** @description null when it varies by point. */
                centre: number | null;
                lower: number | null;
                points: {
                    /** @description CUSUM: sum above the target. */
                    high?: number;
                    /** @description 0-based, in the data; missing values have no point. */
                    index: number;
                    /** @description CUSUM: sum below the target, not negative. */
                    low?: number;
                    lower: number;
                    size?: number;
                    upper: number;
                    value: number;
                }[];
                upper: number | null;
                violations: {
                    /** @description The last point of the pattern. */
                    index: number;
                    /** @enum {string} */
                    rule: "beyond_limits" | "western_electric_1" | "western_electric_2" | "western_electric_3" | "western_electric_4" | "nelson_1" | "nelson_2" | "nelson_3" | "nelson_4" | "nelson_5" | "nelson_6" | "nelson_7" | "nelson_8";
                }[];
            };
            /** @description Standard deviation behind the location limits; null when it varies by point. */
            sigma: number | null;
            /** @description between_within: standard deviation within the subgroups. */
            sigma_within?: number;
            /** @description Charts of counts: spread between samples relative to what their sizes explain, from the moving ranges; about 1 when sizes explain all of it. */
            sigma_z?: number | null;
            /** @description Read this before you use the numbers; absent when there is nothing to warn of. */
            warning?: string;
            /** @description between_within: range or standard deviation of each subgroup. */
            within?: {
                /** @description null when it varies by point. */
                centre: number | null;
                lower: number | null;
                points: {
                    /** @description CUSUM: sum above the target. */
                    high?: number;
                    /** @description 0-based, in the data; missing values have no point. */
                    index: number;
                    /** @description CUSUM: sum below the target, not negative. */
                    low?: number;
                    lower: number;
                    size?: number;
                    upper: number;
                    value: number;
                }[];
                upper: number | null;
                violations: {
                    /** @description The last point of the pattern. */
                    index: number;
                    /** @enum {string} */
                    rule: "beyond_limits" | "western_electric_1" | "western_electric_2" | "western_electric_3" | "western_electric_4" | "nelson_1" | "nelson_2" | "nelson_3" | "nelson_4" | "nelson_5" | "nelson_6" | "nelson_7" | "nelson_8";
                }[];
            };
        };
        /**
         * @example {
         *       "chart": "imr",
         *       "values": [
         *         49.6,
         *         47.6,
         *         49.9,
         *         51.3,
         *         47.8,
         *         51.2,
         *         52.6,
         *         52.4,
         *         53.6,
         *         52.1
         *       ]
         *     }
         */
        ChartRequest: {
            /** @description 0-based, to exclusive: limits come from these samples only. */
            baseline?: {
                from: number;
                to: number;
            };
            /** @enum {string} */
            chart: "xbar_r" | "xbar_s" | "imr" | "between_within" | "p" | "np" | "c" | "u" | "p_prime" | "u_prime" | "ewma" | "cusum";
            /** @description For p, np, c, u, p_prime, u_prime: events in a sample of this size. */
            counts?: {
                count: number;
                size: number;
            }[];
            /** @description 0-based: samples excluded from the limits; the chart still draws them and applies the rules to them. */
            exclude?: number[];
            /** @description CUSUM: decision interval in sigma; default 5. */
            h?: number;
            /** @description CUSUM: slack in sigma; default 0.5. */
            k?: number;
            /** @description EWMA: width of the limits in sigma; default 3. */
            l?: number;
            /** @description EWMA: weight of the newest value; default 0.2. */
            lambda?: number;
            /** @description A set or a list of rules; default ["beyond_limits"]. */
            rules?: ("western_electric" | "nelson") | ("beyond_limits" | "western_electric_1" | "western_electric_2" | "western_electric_3" | "western_electric_4" | "nelson_1" | "nelson_2" | "nelson_3" | "nelson_4" | "nelson_5" | "nelson_6" | "nelson_7" | "nelson_8")[];
            /** @description Standard deviation of single values; requires target, except for ewma and cusum. */
            sigma?: number;
            /**
             * @description For xbar_r, xbar_s and between_within. Estimator of sigma within subgroups. weighted (default): mean of R/d2(n) or S/c4(n), each weighted by the inverse of its variance. mean: the same without weights. pooled: root of the pooled variance / c4.
             * @enum {string}
             */
            sigma_method?: "weighted" | "mean" | "pooled";
            /** @description For xbar_r, xbar_s and between_within; an empty subgroup is a gap. */
            subgroups?: number[][];
            /** @description Centre of the location panel; requires sigma, except for ewma and cusum, which estimate what is not given. Every panel takes its limits from both, and one sample is enough. */
            target?: number;
            /** @description For imr, ewma, cusum: values in order; null = missing. */
            values?: (number | null)[];
        };
        ControlLimits: {
            /** @description State of the data behind the limits; null for given limits. */
            as_of: {
                positions: {
                    /** @example 1567 */
                    next_offset: number;
                    /** @example 0 */
                    partition: number;
                    /** @example inspection.results.v1 */
                    topic: string;
                }[];
                time: string | null;
            } | null;
            /** @description Subject that stored them. */
            author: string;
            baseline: {
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                from: string;
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                to: string;
            } | null;
            /** @description Mean; for counts the rate per unit. */
            centre: number;
            /** @enum {string} */
            chart: "xbar_r" | "xbar_s" | "imr" | "between_within" | "p" | "np" | "c" | "u" | "p_prime" | "u_prime" | "ewma" | "cusum";
            /**
             * Format: date-time
             * @example 2008-07-19T11:55:00.000000Z
             */
            created_at: string;
            /** @description What exactly is counted, and how. */
            definition: string;
            /**
             * @description Stable name of the definition; its number increases when the meaning changes.
             * @example yield.first_pass/2
             */
            definition_id: string;
            equipment_id: string | null;
            /** @description Samples of the baseline that the limits do not come from. `key`, `site`, `lot_id` and `reason` are null for a caller limited to sites or products, unless the limits name a site or product of its own. */
            exclusions: {
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                first_at: string;
                index: number;
                key: string | null;
                lot_id: string | null;
                reason: string | null;
                site: string | null;
            }[];
            /** Format: uuid */
            id: string;
            inspection_type: string | null;
            /** @description Lower limit of the location panel; null where it varies by point. */
            lower: number | null;
            /** @description Values per sample; null if samples differ. */
            n: number | null;
            /** @description null for charts of counts. */
            parameter: string | null;
            /** @description null = any product. */
            product: string | null;
            reason: string;
            recipe: string | null;
            /** @description Samples of the baseline, including excluded ones. */
            samples: number | null;
            settings: {
                break_at: ("none" | "lot" | "wafer" | "product") | null;
                h: number | null;
                k: number | null;
                l: number | null;
                lambda: number | null;
                /** @enum {string} */
                policy: "last" | "first" | "best" | "worst" | "all";
                sigma_method: ("weighted" | "mean" | "pooled") | null;
            };
            /** @description Of single values for xbar_r and xbar_s, otherwise of the points. */
            sigma: number | null;
            sigma_within: number | null;
            sigma_z: number | null;
            site: string | null;
            step: string | null;
            /**
             * @description lot, wafer, day, or a number of values.
             * @example lot
             */
            subgroup: string;
            unit: string | null;
            upper: number | null;
            /** @description Version number of the limits of the same parameter, chart, subgroup and filters. */
            version: number;
        };
        ControlLimitsPage: {
            items: components["schemas"]["ControlLimits"][];
            /** @description Pass it as `cursor` to get the next page; null at the end. */
            next_cursor: string | null;
        };
        /**
         * @example {
         *       "parameter": "s000",
         *       "chart": "imr",
         *       "product": "CQ-1000",
         *       "baseline": {
         *         "from": "2008-07-19T00:00:00Z",
         *         "to": "2008-09-01T00:00:00Z"
         *       },
         *       "exclude": [
         *         {
         *           "index": 17,
         *           "reason": "pump exchanged"
         *         }
         *       ],
         *       "reason": "end of phase I"
         *     }
         */
        ControlLimitsRequest: {
            /** @description Computes the limits from attempts completed in [from, to). Either this or `given`. */
            baseline?: {
                /** Format: date-time */
                from: string;
                /** Format: date-time */
                to: string;
            };
            /** @enum {string} */
            break_at?: "none" | "lot" | "wafer" | "product";
            /** @enum {string} */
            chart: "xbar_r" | "xbar_s" | "imr" | "between_within" | "p" | "np" | "c" | "u" | "p_prime" | "u_prime" | "ewma" | "cusum";
            equipment_id?: string;
            /** @description Samples to leave out of the baseline, each with a reason: their indices in the answer of `GET /v1/spc` to the same query with from and to of the baseline. */
            exclude?: {
                index: number;
                reason: string;
            }[];
            /** @description Known limits, instead of a baseline. */
            given?: {
                centre: number;
                sigma?: number;
                sigma_within?: number;
                sigma_z?: number;
                unit?: string;
            };
            /** @description CUSUM; default 5. */
            h?: number;
            inspection_type?: string;
            /** @description CUSUM; default 0.5. */
            k?: number;
            /** @description EWMA; default 3. */
            l?: number;
            /** @description EWMA; default 0.2. */
            lambda?: number;
            /**
             * @description Combine populations that are otherwise refused as ambiguous.
             * @enum {string}
             */
            mix?: "yes";
            /** @description Name of the measurement; not for charts of counts. */
            parameter?: string;
            /**
             * @description Which attempt represents a unit.
             * @default last
             * @enum {string}
             */
            policy?: "last" | "first" | "best" | "worst" | "all";
            product?: string;
            /** @description Why, for the audit trail. */
            reason: string;
            recipe?: string;
            /**
             * @description Estimator of sigma within subgroups. weighted (default): mean of R/d2(n) or S/c4(n), each weighted by the inverse of its variance. mean: the same without weights. pooled: root of the pooled variance / c4.
             * @enum {string}
             */
            sigma_method?: "weighted" | "mean" | "pooled";
            site?: string;
            step?: string;
            /** @description As in GET /v1/spc. Default 1 for imr, ewma and cusum, otherwise lot. */
            subgroup?: ("lot" | "wafer" | "day") | number;
        };
        DailySummary: {
            /** @description The events that the answer includes: all below these offsets of the machine topics, read in the same snapshot as the numbers. */
            as_of: {
                positions: {
                    /** @example 1567 */
                    next_offset: number;
                    /** @example 0 */
                    partition: number;
                    /** @example inspection.results.v1 */
                    topic: string;
                }[];
                time: string | null;
            };
            /** @description What exactly is counted, and how. */
            definition: string;
            /**
             * @description Stable name of the definition; its number increases when the meaning changes.
             * @example yield.first_pass/2
             */
            definition_id: string;
            groups: {
                /** @description Mean over inspections with both times; null when none has both. */
                avg_duration_seconds: number | null;
                /**
                 * Format: date
                 * @example 2026-03-02
                 */
                day: string;
                inspection_count: number;
                inspection_type: string;
                /** @enum {string} */
                status: "pending" | "in_progress" | "completed" | "failed" | "cancelled" | "voided";
            }[];
            /** @description When the summary last read the data; it does not include later events. */
            refreshed_at: string | null;
        };
        DeadLetter: {
            event: {
                /** @description Of the whole text. */
                characters: number;
                /**
                 * @description hex: the bytes are not UTF-8; the first 4,096 of them.
                 * @enum {string}
                 */
                encoding: "text" | "hex";
                /** @description Characters that were cut before the text. */
                from: number;
                /** @description The event: JSON with a line per member and the digits as sent, other text as it is. At most 65,536 characters. Null: the record had no value. */
                text: string | null;
            };
            /** @description Key and headers of the record that the machine sent; the first 50, 1,000 characters each. */
            headers: {
                name: string;
                value: string;
            }[];
            letter: {
                /** @description Refusal code; empty for records that are not dead letters. */
                code: string;
                /**
                 * @description What was wrong, in words. It may quote what the machine sent.
                 * @example /service_name: got nothing, expected a string
                 */
                detail: string;
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                failed_at: string;
                /**
                 * @description Where events were refused: a JSON pointer with * for indexes of arrays; empty where the refusal names no place.
                 * @example /measurements/*\/value
                 */
                field: string;
                /**
                 * @description Identifies the refused event: topic, partition, offset, and the index in its array.
                 * @example telemetry.samples.v1/3/7
                 */
                key: string;
                /** @description Empty where the event does not say. */
                machine: string;
                offset: number;
                /** @description Of the dead-letter topic. */
                partition: number;
                replay_count: number | null;
                /** @description Key of the letter that the event was replayed from. */
                replay_of: string | null;
                /** @description The last replay of this letter; null if there was none. */
                replayed: {
                    /**
                     * Format: date-time
                     * @example 2008-07-19T11:55:00.000000Z
                     */
                    at: string;
                    /**
                     * @description started: interrupted, so it may or may not have been published.
                     * @enum {string}
                     */
                    state: "started" | "acknowledged";
                    times: number;
                } | null;
                /** @example ingest */
                stage: string;
                /**
                 * @description Machine topic of the refused events.
                 * @example telemetry.samples.v1
                 */
                topic: string;
                /** @description Parts that were cut to fit; such a letter cannot be replayed. */
                truncated: string | null;
                /** @description Size of the event in the letter. */
                value_bytes: number | null;
            };
            /** @description Where the event was refused; null where the refusal names no place. */
            place: {
                /** @description Character after the last one. */
                end: number;
                /** @description Whether the event lacks it; start and end are then of what should have it. */
                is_missing: boolean;
                /**
                 * @description JSON pointer of what was refused; null: the text is not JSON, and this is where reading it fails.
                 * @example /service_name
                 */
                pointer: string | null;
                /**
                 * @description JSON pointer of the nearest part of the schema that describes it.
                 * @example /properties/service_name
                 */
                schema_pointer: string | null;
                /** @description First character in the text of the event. */
                start: number;
            } | null;
            /** @description JSON Schema that events of this topic are judged by, as in the AsyncAPI document. */
            schema: {
                [key: string]: unknown;
            };
        };
        DeadLetterDryRun: {
            /** @description Events that ingest would accept now. */
            accepted: number;
            /** @description Whether all were tried. */
            is_whole: boolean;
            /** @description Letters that the selection names and that a replay would read. */
            letters: number;
            /** @description Of the refused events, by code; with the detail of the first. */
            refusals: {
                code: string;
                detail: string;
                letters: number;
            }[];
            /** @description Events that ingest would refuse again. */
            refused: number;
            /** @description The first few that would be accepted, and the first few that would be refused. */
            samples: {
                /** @description The event as it would be sent. */
                after: string | null;
                /** @description The event as it is, laid out; cut at 4,000 characters. */
                before: string | null;
                key: string;
                offset: number;
                partition: number;
                /** @description Why it would be refused again; null: it would be accepted. */
                refusal: {
                    code: string;
                    detail: string;
                } | null;
            }[];
            /** @description Letters that are not sent. replayed: before. uncertain: a replay was interrupted, so they may or may not have been sent. truncated: the letter has only a part of its event. not_patchable: the event is not a JSON object. too_large: for the topic, with the headers of a replay. no_letter: another program wrote it. */
            skipped: {
                letters: number;
                /** @enum {string} */
                why: "replayed" | "uncertain" | "truncated" | "not_patchable" | "too_large" | "no_letter";
            }[];
            /** @description Of these, those tried: a dry run ends after some seconds or megabytes. */
            tried: number;
        };
        /**
         * @example {
         *       "topic": "telemetry.samples.v1",
         *       "code": "schema_violation",
         *       "field": "/service_name",
         *       "patch": {
         *         "service_name": "etcher-07"
         *       }
         *     }
         */
        DeadLetterDryRunRequest: {
            /**
             * @description Includes letters that were replayed before, or whose replay was interrupted.
             * @default false
             */
            again?: boolean;
            /**
             * @description Refusal code, as a group states it; empty for records that are not dead letters.
             * @example schema_violation
             */
            code?: string;
            /** @description Where the events were refused, as a group states it; empty: where a refusal names no place. */
            field?: string;
            /**
             * Format: date-time
             * @description Only letters refused at or after this time.
             */
            from?: string;
            /** @description Machine, as a group states it; empty: where the event does not say. */
            machine?: string;
            /** @description JSON merge patch (RFC 7396) for each event: fields replace, null removes. Absent: events stay as they are. */
            patch?: {
                [key: string]: unknown;
            };
            /** @description Service that refused the events: ingest or writer; empty if the record does not say. */
            stage?: string;
            /**
             * Format: date-time
             * @description Only letters refused before this time.
             */
            to?: string;
            /**
             * @description Machine topic of the refused events.
             * @enum {string}
             */
            topic: "telemetry.samples.v1" | "inspection.results.v1";
        };
        DeadLetterGroups: {
            /** @description What exactly is counted, and how. */
            definition: string;
            group_count: number;
            /** @description The 500 with most letters, those first. */
            groups: {
                /** @description Refusal code; empty for records that are not dead letters. */
                code: string;
                /** @description Of these, those whose event had been replayed before. */
                failed_again: number;
                /**
                 * @description Where events were refused: a JSON pointer with * for indexes of arrays; empty where the refusal names no place.
                 * @example /measurements/*\/value
                 */
                field: string;
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                first_failed_at: string;
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                last_failed_at: string;
                letters: number;
                /** @description Empty where the event does not say. */
                machine: string;
                /** @description Of these, those that have been replayed since. */
                replayed: number;
                /** @example ingest */
                stage: string;
                /**
                 * @description Machine topic of the refused events.
                 * @example telemetry.samples.v1
                 */
                topic: string;
            }[];
            /** @description Whether this instance reads the dead-letter topics (KAFKA_BROKERS). Without any that does, the positions stand still. */
            is_indexing: boolean;
            /** @description Of all groups. */
            letters: number;
            positions: {
                /** @description Letters below it are counted. */
                next_offset: number;
                /** @description Partition of its dead-letter topic. */
                partition: number;
                /** @description Machine topic. */
                topic: string;
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                updated_at: string;
            }[];
        };
        DeadLetterPage: {
            items: {
                /** @description Refusal code; empty for records that are not dead letters. */
                code: string;
                /**
                 * @description What was wrong, in words. It may quote what the machine sent.
                 * @example /service_name: got nothing, expected a string
                 */
                detail: string;
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                failed_at: string;
                /**
                 * @description Where events were refused: a JSON pointer with * for indexes of arrays; empty where the refusal names no place.
                 * @example /measurements/*\/value
                 */
                field: string;
                /**
                 * @description Identifies the refused event: topic, partition, offset, and the index in its array.
                 * @example telemetry.samples.v1/3/7
                 */
                key: string;
                /** @description Empty where the event does not say. */
                machine: string;
                offset: number;
                /** @description Of the dead-letter topic. */
                partition: number;
                replay_count: number | null;
                /** @description Key of the letter that the event was replayed from. */
                replay_of: string | null;
                /** @description The last replay of this letter; null if there was none. */
                replayed: {
                    /**
                     * Format: date-time
                     * @example 2008-07-19T11:55:00.000000Z
                     */
                    at: string;
                    /**
                     * @description started: interrupted, so it may or may not have been published.
                     * @enum {string}
                     */
                    state: "started" | "acknowledged";
                    times: number;
                } | null;
                /** @example ingest */
                stage: string;
                /**
                 * @description Machine topic of the refused events.
                 * @example telemetry.samples.v1
                 */
                topic: string;
                /** @description Parts that were cut to fit; such a letter cannot be replayed. */
                truncated: string | null;
                /** @description Size of the event in the letter. */
                value_bytes: number | null;
            }[];
            /** @description Pass it as `cursor` to get the next page; null at the end. */
            next_cursor: string | null;
        };
        DeadLetterReplay: {
            /** @description Of the events sent: accepted by ingest and writer. */
            accepted: number;
            again: boolean;
            /**
             * Format: date-time
             * @example 2008-07-19T11:55:00.000000Z
             */
            created_at: string;
            created_by: string;
            /** @description The selection of the request. */
            filter: {
                [key: string]: unknown;
            };
            finished_at: string | null;
            /** Format: uuid */
            id: string;
            /** @description Letters to read. */
            letters: number;
            patch: {
                [key: string]: unknown;
            } | null;
            /** @description Why the replay ended early. */
            problem: {
                code: string;
                detail: string;
            } | null;
            /** @description Letters read so far. */
            read: number;
            reason: string;
            /** @description Of the events sent: refused again. Each has a new letter, with replay_of. */
            refused: number;
            /** @description Events that the broker has acknowledged. */
            sent: number;
            /** @description Letters that are not sent. replayed: before. uncertain: a replay was interrupted, so they may or may not have been sent. truncated: the letter has only a part of its event. not_patchable: the event is not a JSON object. too_large: for the topic, with the headers of a replay. no_letter: another program wrote it. */
            skipped: {
                letters: number;
                /** @enum {string} */
                why: "replayed" | "uncertain" | "truncated" | "not_patchable" | "too_large" | "no_letter";
            }[];
            /**
             * @description sending: events are being sent. judging: all are sent; ingest and writer have not passed them yet. done: each is judged. failed: it ended early, see problem; a new replay of the same letters goes on where it ended.
             * @enum {string}
             */
            state: "sending" | "judging" | "done" | "failed";
            topic: string;
            /** @description The first letters whose replay was interrupted: check whether their events arrived. */
            uncertain_keys: string[];
        };
        DeadLetterReplayPage: {
            items: components["schemas"]["DeadLetterReplay"][];
            /** @description Pass it as `cursor` to get the next page; null at the end. */
            next_cursor: string | null;
        };
        /**
         * @example {
         *       "topic": "telemetry.samples.v1",
         *       "code": "schema_violation",
         *       "field": "/service_name",
         *       "patch": {
         *         "service_name": "etcher-07"
         *       },
         *       "reason": "the name was missing after the update of the gateway"
         *     }
         */
        DeadLetterReplayRequest: {
            /**
             * @description Includes letters that were replayed before, or whose replay was interrupted.
             * @default false
             */
            again?: boolean;
            /**
             * @description Refusal code, as a group states it; empty for records that are not dead letters.
             * @example schema_violation
             */
            code?: string;
            /** @description Where the events were refused, as a group states it; empty: where a refusal names no place. */
            field?: string;
            /**
             * Format: date-time
             * @description Only letters refused at or after this time.
             */
            from?: string;
            /** @description Machine, as a group states it; empty: where the event does not say. */
            machine?: string;
            /** @description JSON merge patch (RFC 7396) for each event: fields replace, null removes. Absent: events stay as they are. */
            patch?: {
                [key: string]: unknown;
            };
            reason: string;
            /** @description Service that refused the events: ingest or writer; empty if the record does not say. */
            stage?: string;
            /**
             * Format: date-time
             * @description Only letters refused before this time.
             */
            to?: string;
            /**
             * @description Machine topic of the refused events.
             * @enum {string}
             */
            topic: "telemetry.samples.v1" | "inspection.results.v1";
        };
        DefectDensity: {
            /** @description The events that the answer includes: all below these offsets of the machine topics, read in the same snapshot as the numbers. */
            as_of: {
                positions: {
                    /** @example 1567 */
                    next_offset: number;
                    /** @example 0 */
                    partition: number;
                    /** @example inspection.results.v1 */
                    topic: string;
                }[];
                time: string | null;
            };
            /** @description What exactly is counted, and how. */
            definition: string;
            /**
             * @description Stable name of the definition; its number increases when the meaning changes.
             * @example yield.first_pass/2
             */
            definition_id: string;
            groups: {
                attempts: number;
                /** @description Excluded together with their defects, because their inspected area is unknown. */
                attempts_without_area: number;
                defects: number;
                /** @description Defects / inspected area; null without area. */
                density_per_cm2: number | null;
                inspected_area_cm2: number;
                /**
                 * @description Value of `group_by`; null where the machine stated none.
                 * @example 2008-08
                 */
                key: string | null;
                /** @description With group_by=lot or wafer: a wafer is named within its lot. */
                lot_id?: string;
                /** @description With group_by=lot or wafer. */
                site?: string;
            }[];
            /** @description With top: the groups that are left off, together; absent when none is. */
            other?: {
                attempts: number;
                /** @description Excluded together with their defects, because their inspected area is unknown. */
                attempts_without_area: number;
                defects: number;
                /** @description Defects / inspected area; null without area. */
                density_per_cm2: number | null;
                /** @description How many groups are summed up. */
                groups: number;
                inspected_area_cm2: number;
            };
            totals: {
                attempts: number;
                /** @description Excluded together with their defects, because their inspected area is unknown. */
                attempts_without_area: number;
                defects: number;
                /** @description Defects / inspected area; null without area. */
                density_per_cm2: number | null;
                inspected_area_cm2: number;
            };
        };
        DefectPareto: {
            /** @description The events that the answer includes: all below these offsets of the machine topics, read in the same snapshot as the numbers. */
            as_of: {
                positions: {
                    /** @example 1567 */
                    next_offset: number;
                    /** @example 0 */
                    partition: number;
                    /** @example inspection.results.v1 */
                    topic: string;
                }[];
                time: string | null;
            };
            /** @description With group_by: the Pareto of each group; shares are of the group. */
            by_group?: {
                count: number;
                groups: {
                    count: number;
                    cumulative_share: number;
                    /**
                     * @description null where the machine stated none.
                     * @example scratch
                     */
                    key: string | null;
                    /** @description Share of all defects counted. */
                    share: number;
                    /** @description With by=lot. */
                    site?: string;
                }[];
                /**
                 * @description Value of `group_by`; null where the machine stated none.
                 * @example 2008-08
                 */
                key: string | null;
                /** @description With group_by=lot or wafer: a wafer is named within its lot. */
                lot_id?: string;
                /** @description With top: what is left off; absent when nothing is. */
                other?: {
                    count: number;
                    /** @description How many bars are summed up. */
                    keys: number;
                    share: number;
                };
                /** @description With group_by=lot or wafer. */
                site?: string;
            }[];
            /** @description What exactly is counted, and how. */
            definition: string;
            /**
             * @description Stable name of the definition; its number increases when the meaning changes.
             * @example yield.first_pass/2
             */
            definition_id: string;
            groups: {
                count: number;
                cumulative_share: number;
                /**
                 * @description null where the machine stated none.
                 * @example scratch
                 */
                key: string | null;
                /** @description Share of all defects counted. */
                share: number;
                /** @description With by=lot. */
                site?: string;
            }[];
            /** @description With top: what is left off; absent when nothing is. */
            other?: {
                count: number;
                /** @description How many bars are summed up. */
                keys: number;
                share: number;
            };
            totals: {
                count: number;
            };
        };
        EquipmentComparison: {
            /** @description The events that the answer includes: all below these offsets of the machine topics, read in the same snapshot as the numbers. */
            as_of: {
                positions: {
                    /** @example 1567 */
                    next_offset: number;
                    /** @example 0 */
                    partition: number;
                    /** @example inspection.results.v1 */
                    topic: string;
                }[];
                time: string | null;
            };
            /** @description What exactly is counted, and how. */
            definition: string;
            /**
             * @description Stable name of the definition; its number increases when the meaning changes.
             * @example yield.first_pass/2
             */
            definition_id: string;
            groups: {
                failed: number;
                /**
                 * @description Equipment.
                 * @example AOI-03
                 */
                key: string;
                /** @description Odds of failing here / on all others; above 1 = worse. Across all products. */
                odds_ratio: number | null;
                /** @description Two-sided p for the samples of this equipment failing as all others do. */
                p: number | null;
                /** @description p corrected by Holm: bounds the chance of even one false verdict (at 5 %). */
                p_corrected: number | null;
                passed: number;
                /** @description p corrected by Benjamini and Hochberg: bounds the share of false verdicts among equipment called different. */
                q: number | null;
                /** @description Lots (or wafers) of products and inspection types that other equipment also ran. */
                samples: number;
                units: number;
                /**
                 * @description worse or better when p_corrected is below 0.05; inconclusive with fewer than 3 samples.
                 * @enum {string}
                 */
                verdict: "worse" | "better" | "no_difference" | "inconclusive";
                yield: number;
                /** @description Lower end of the 95 % interval of yield. */
                yield_lower: number;
                /** @description Upper end of the 95 % interval of yield. */
                yield_upper: number;
            }[];
            totals: {
                /** @description Spread of the samples of one equipment relative to that of independent units (Pearson chi-square / degrees of freedom). */
                dispersion: number | null;
                failed: number;
                /** @description Kruskal-Wallis p for all equipment failing alike. */
                p: number | null;
                passed: number;
                units: number;
                yield: number | null;
            };
        };
        EquipmentPage: {
            items: {
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                first_seen: string;
                /** @description Whether it has completed nothing for 10 typical intervals and at least 15 minutes; null when unknown. */
                is_silent: boolean | null;
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                last_seen: string;
                /** @example AOI-03 */
                name: string;
                /** @description Median time between its latest 50 completions; null with fewer than four. */
                typical_interval_seconds: number | null;
            }[];
            /** @description Pass it as `cursor` to get the next page; null at the end. */
            next_cursor: string | null;
        };
        EquipmentUnits: {
            items: {
                chip_id: string;
                completed_at: string | null;
                die_x: number | null;
                die_y: number | null;
                /** Format: uuid */
                event_id: string;
                /** Format: uuid */
                inspection_id: string;
                inspection_type: string;
                lot_id: string;
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                occurred_at: string;
                product: string | null;
                recipe: string | null;
                result: ("pass" | "fail") | null;
                site: string;
                /** @enum {string} */
                status: "pending" | "in_progress" | "completed" | "failed" | "cancelled" | "voided";
                step: string;
                wafer_id: string | null;
            }[];
            /** @description Pass it as `cursor` to get the next page; null at the end. */
            next_cursor: string | null;
        };
        FailingTests: {
            /** @description The events that the answer includes: all below these offsets of the machine topics, read in the same snapshot as the numbers. */
            as_of: {
                positions: {
                    /** @example 1567 */
                    next_offset: number;
                    /** @example 0 */
                    partition: number;
                    /** @example inspection.results.v1 */
                    topic: string;
                }[];
                time: string | null;
            };
            /** @description What exactly is counted, and how. */
            definition: string;
            /**
             * @description Stable name of the definition; its number increases when the meaning changes.
             * @example yield.first_pass/2
             */
            definition_id: string;
            groups: {
                /** @description Units that fail it; with count=first, as their first test. */
                count: number;
                cumulative_share: number;
                /** @description failed / reached: given that the unit reached the test. */
                fail_fraction: number;
                /** @description Units whose value lies outside its tested limits. */
                failed: number;
                /**
                 * @description Name of the measurement.
                 * @example idd_static
                 */
                key: string;
                /** @description Units that have a value of this test. */
                reached: number;
                /** @description Share of all units counted. */
                share: number;
            }[];
            /** @description With top: what is left off; absent when nothing is. */
            other?: {
                count: number;
                keys: number;
                share: number;
            };
            totals: {
                /** @description Units whose verdict is fail, and which fail no test with limits: the reason is elsewhere. */
                failed_without_test: number;
                /** @description Units that fail at least one test. */
                failing: number;
                /** @description Failing units without a value after their first failing test, although other units have one. */
                stopped: number;
                /** @description Units with a measurement. */
                units: number;
            };
            /** @description Read this before you use the numbers; absent when there is nothing to warn of. */
            warning?: string;
        };
        /**
         * @example {
         *       "method": "anova",
         *       "measurements": [
         *         {
         *           "part": 1,
         *           "appraiser": "a",
         *           "trial": 1,
         *           "value": 1.1
         *         },
         *         {
         *           "part": 1,
         *           "appraiser": "a",
         *           "trial": 2,
         *           "value": 1.2
         *         },
         *         {
         *           "part": 2,
         *           "appraiser": "a",
         *           "trial": 1,
         *           "value": 2.1
         *         },
         *         {
         *           "part": 2,
         *           "appraiser": "a",
         *           "trial": 2,
         *           "value": 2.2
         *         },
         *         {
         *           "part": 1,
         *           "appraiser": "b",
         *           "trial": 1,
         *           "value": 1.1
         *         },
         *         {
         *           "part": 1,
         *           "appraiser": "b",
         *           "trial": 2,
         *           "value": 1.2
         *         },
         *         {
         *           "part": 2,
         *           "appraiser": "b",
         *           "trial": 1,
         *           "value": 2.1
         *         },
         *         {
         *           "part": 2,
         *           "appraiser": "b",
         *           "trial": 2,
         *           "value": 2.2
         *         }
         *       ]
         *     }
         */
        GaugeRequest: {
            measurements: {
                appraiser: string | number;
                part: string | number;
                trial: string | number;
                value: number;
            }[];
            /** @enum {string} */
            method: "average_range" | "anova";
        };
        GaugeStudy: {
            anova?: {
                ss: {
                    equipment: number;
                    interaction: number;
                    operator: number;
                    part: number;
                    total: number;
                };
            };
            av: number;
            /** @description What exactly is counted, and how. */
            definition: string;
            /**
             * @description Stable name of the definition; its number increases when the meaning changes.
             * @example yield.first_pass/2
             */
            definition_id: string;
            ev: number;
            grr: number;
            ndc: number | null;
            percent_study: {
                av: number | null;
                ev: number | null;
                grr: number | null;
                pv: number | null;
            };
            pv: number;
            tv: number;
        };
        Inspection: {
            attempts: {
                /** @description Number that the machine gave. */
                attempt: number | null;
                attempt_key: string;
                completed_at: string | null;
                /** @description Whether the state of the inspection comes from this attempt. */
                current: boolean;
                defect_count: number | null;
                die_x: number | null;
                die_y: number | null;
                equipment_id: string | null;
                /**
                 * Format: uuid
                 * @description The deciding event.
                 */
                event_id: string;
                /** @description Every event that contributed. */
                event_ids: string[];
                hard_bin: number | null;
                inspected_area_cm2: number | null;
                measurement_count: number | null;
                metadata: {
                    [key: string]: unknown;
                } | null;
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                occurred_at: string;
                priority: number | null;
                product: string | null;
                /** @description Number of the attempt within its step: rank by (occurred_at, attempt number with none first, event_id) over completed, failed and cancelled attempts; null for the others. */
                rank: number | null;
                recipe: string | null;
                /** @description Verdict on the chip. */
                result: ("pass" | "fail") | null;
                run_id: string | null;
                soft_bin: number | null;
                started_at: string | null;
                /**
                 * @description State of the run, not the verdict on the chip.
                 * @enum {string}
                 */
                status: "pending" | "in_progress" | "completed" | "failed" | "cancelled" | "voided";
                /** @description Step in the route; empty when the machine states none. */
                step: string;
                void_reason: string | null;
                wafer_id: string | null;
            }[];
            /** @example run-0001 */
            chip_id: string;
            completed_at: string | null;
            /**
             * Format: date-time
             * @description Machine time of the earliest event; moves back when an earlier one arrives late.
             * @example 2008-07-19T11:55:00.000000Z
             */
            created_at: string;
            defect_count: number | null;
            defects: {
                area_um2: number | null;
                attempt_key: string | null;
                class: string;
                confidence: number | null;
                defect_no: number;
                /** Format: uuid */
                event_id: string;
                image_uri: string | null;
                severity: string | null;
                size_um: number | null;
                /** @description Names the attempt, together with attempt_key. */
                step: string | null;
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                time: string;
                x_um: number;
                y_um: number;
            }[];
            die_x: number | null;
            die_y: number | null;
            equipment_id: string | null;
            hard_bin: number | null;
            /**
             * Format: uuid
             * @example 0d6a2d1c-8a4e-5c43-9d53-0f8f4a3b2c11
             */
            id: string;
            /**
             * Format: date-time
             * @description When the inspection was first stored.
             * @example 2008-07-19T11:55:00.000000Z
             */
            ingested_at: string;
            inspected_area_cm2: number | null;
            /** @example metrology */
            inspection_type: string;
            /** @example LOT-2008-07-19 */
            lot_id: string;
            measurement_count: number | null;
            measurements: {
                attempt_key: string | null;
                /** Format: uuid */
                event_id: string;
                lower_limit: number | null;
                name: string;
                /** @description Names the attempt, together with attempt_key. */
                step: string | null;
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                time: string;
                unit: string | null;
                upper_limit: number | null;
                /** @description null: the machine reported no value. */
                value: number | null;
            }[];
            metadata: {
                [key: string]: unknown;
            } | null;
            occurred_at: string | null;
            priority: number | null;
            product: string | null;
            recipe: string | null;
            /** @description Verdict on the chip. */
            result: ("pass" | "fail") | null;
            site: string;
            soft_bin: number | null;
            started_at: string | null;
            /**
             * @description State of the run, not the verdict on the chip.
             * @enum {string}
             */
            status: "pending" | "in_progress" | "completed" | "failed" | "cancelled" | "voided";
            /** @description Step in the route; empty when the machine states none. */
            step: string;
            /** @description Lists of this answer that hold their newest rows only: at most 1,000 attempts, 20,000 defects and 20,000 measurements. Exports have all of them. */
            truncated: ("attempts" | "defects" | "measurements")[];
            /**
             * Format: date-time
             * @example 2008-07-19T11:55:00.000000Z
             */
            updated_at: string;
            wafer_id: string | null;
        };
        InspectionPage: {
            items: {
                /** @example run-0001 */
                chip_id: string;
                completed_at: string | null;
                /**
                 * Format: date-time
                 * @description Machine time of the earliest event; moves back when an earlier one arrives late.
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                created_at: string;
                defect_count: number | null;
                die_x: number | null;
                die_y: number | null;
                equipment_id: string | null;
                hard_bin: number | null;
                /**
                 * Format: uuid
                 * @example 0d6a2d1c-8a4e-5c43-9d53-0f8f4a3b2c11
                 */
                id: string;
                /**
                 * Format: date-time
                 * @description When the inspection was first stored.
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                ingested_at: string;
                inspected_area_cm2: number | null;
                /** @example metrology */
                inspection_type: string;
                /** @example LOT-2008-07-19 */
                lot_id: string;
                measurement_count: number | null;
                metadata: {
                    [key: string]: unknown;
                } | null;
                occurred_at: string | null;
                priority: number | null;
                product: string | null;
                recipe: string | null;
                /** @description Verdict on the chip. */
                result: ("pass" | "fail") | null;
                site: string;
                soft_bin: number | null;
                started_at: string | null;
                /**
                 * @description State of the run, not the verdict on the chip.
                 * @enum {string}
                 */
                status: "pending" | "in_progress" | "completed" | "failed" | "cancelled" | "voided";
                /** @description Step in the route; empty when the machine states none. */
                step: string;
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                updated_at: string;
                wafer_id: string | null;
            }[];
            /** @description Pass it as `cursor` to get the next page; null at the end. */
            next_cursor: string | null;
        };
        Ledger: {
            /** @description The events that the answer includes: all below these offsets of the machine topics, read in the same snapshot as the numbers. */
            as_of: {
                positions: {
                    /** @example 1567 */
                    next_offset: number;
                    /** @example 0 */
                    partition: number;
                    /** @example inspection.results.v1 */
                    topic: string;
                }[];
                time: string | null;
            };
            /** @description Whether both balances of every partition hold. */
            balanced: boolean;
            /** @description What exactly is counted, and how. */
            definition: string;
            partitions: {
                accepted_gaps: {
                    accepted_by: string | null;
                    /**
                     * Format: date-time
                     * @example 2008-07-19T11:55:00.000000Z
                     */
                    at: string;
                    from_offset: number;
                    kind: string;
                    reason: string | null;
                    /** @description Exclusive. */
                    to_offset: number;
                }[];
                elements: {
                    applied: number;
                    /** @description elements = applied + dead_lettered + duplicates */
                    balanced: boolean;
                    dead_lettered: number;
                    duplicates: number;
                    /** @description Events in those records. */
                    elements: number;
                };
                offsets: {
                    /** @description to - from = records + skipped + in_flight + gaps */
                    balanced: boolean;
                    /** @description First offset of the ledger of this partition. */
                    from: number;
                    /** @description Offsets that a person gave up, with a reason. */
                    gaps: number;
                    /** @description Offsets that are not applied yet. */
                    in_flight: number;
                    /** @description Offsets with a record, each applied or refused. */
                    records: number;
                    /** @description Offsets without a record: transaction markers and compaction holes. */
                    skipped: number;
                    /** @description End of the partition as last seen, or the position if that is higher. */
                    to: number;
                };
                partition: number;
                topic: string;
            }[];
        };
        Lot: {
            /** @description The events that the answer includes: all below these offsets of the machine topics, read in the same snapshot as the numbers. */
            as_of: {
                positions: {
                    /** @example 1567 */
                    next_offset: number;
                    /** @example 0 */
                    partition: number;
                    /** @example inspection.results.v1 */
                    topic: string;
                }[];
                time: string | null;
            };
            /**
             * Format: date-time
             * @description When the lot was first stored.
             * @example 2008-07-19T11:55:00.000000Z
             */
            created_at: string;
            /** @description What exactly is counted, and how. */
            definition: string;
            /**
             * @description Stable name of the definition; its number increases when the meaning changes.
             * @example yield.first_pass/2
             */
            definition_id: string;
            history: {
                attempts: number;
                equipment_id: string | null;
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                first_at: string;
                inspection_type: string;
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                last_at: string;
                product: string | null;
                recipe: string | null;
                step: string;
            }[];
            /** Format: uuid */
            id: string;
            /** @example LOT-2008-07-19 */
            lot_id: string;
            site: string;
            wafers: {
                chips: number;
                failed: number;
                inspections: number;
                passed: number;
                /** @description null: inspections that name no wafer. */
                wafer_id: string | null;
            }[];
        };
        LotMap: {
            /** @description The events that the answer includes: all below these offsets of the machine topics, read in the same snapshot as the numbers. */
            as_of: {
                positions: {
                    /** @example 1567 */
                    next_offset: number;
                    /** @example 0 */
                    partition: number;
                    /** @example inspection.results.v1 */
                    topic: string;
                }[];
                time: string | null;
            };
            /** @description What exactly is counted, and how. */
            definition: string;
            /**
             * @description Stable name of the definition; its number increases when the meaning changes.
             * @example yield.first_pass/2
             */
            definition_id: string;
            /** @description [x, y, value, wafers on which it was tested]. The value of result is the fraction of wafers on which the die fails, of a bin the most frequent one (of equally frequent ones the least), else the mean. With policy=all, of attempts instead of wafers. */
            dies: [
                number,
                number,
                number | null,
                number
            ][];
            /** @description Of the product, as it held when the last attempt completed; null where none is stored. */
            geometry: {
                /** @description Step coordinates of a die near the centre of the wafer. */
                centre_x: number;
                centre_y: number;
                /** @example 300 */
                diameter_mm: number;
                /** @description Dice that reach into this outer ring count in no zone but `excluded`. */
                edge_exclusion_mm: number;
                /** @description Dice that lie wholly within the edge exclusion. */
                gross_dice: number;
                /**
                 * @description Where the notch (or flat) lies while the axes point as stated.
                 * @enum {string}
                 */
                notch: "bottom" | "left" | "top" | "right";
                /** @description From the centre of the wafer to the centre of that die, to the right as the machine draws the wafer; offset_y_mm upwards. */
                offset_x_mm: number;
                offset_y_mm: number;
                /**
                 * @description Distance between neighbouring dice, scribe line included, along the x axis of the machine.
                 * @example 10
                 */
                pitch_x_mm: number;
                /** @example 8 */
                pitch_y_mm: number;
                product: string;
                reticle: {
                    /** @description Dice of one exposure along x. */
                    columns: number;
                    /** @description Dice of one exposure along y. */
                    rows: number;
                    /** @description Step coordinates of the die with the least x and y of any one exposure. */
                    x: number;
                    y: number;
                } | null;
                /** @description Rings of equal width that zones divide the usable wafer into; 1 is the innermost. */
                rings: number;
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                valid_from: string;
                /**
                 * @description Direction in which x increases, looking at the side with the dice.
                 * @enum {string}
                 */
                x_axis: "right" | "left";
                /** @enum {string} */
                y_axis: "up" | "down";
            } | null;
            lot_id: string;
            site: string;
            /** @description Of measured values; null where they have none. */
            unit: string | null;
            value: string;
            x_max: number | null;
            x_min: number | null;
            y_max: number | null;
            y_min: number | null;
            /** @description With zones. */
            zones?: {
                /** @description Die positions. */
                dies: number;
                failed: number;
                /** @example 1 */
                key: string | null;
                /** @description Of numeric values, over the die positions. */
                mean: number | null;
                tested: number;
                yield: number;
                /** @enum {string} */
                zone: "ring" | "quadrant" | "edge" | "reticle";
            }[];
        };
        LotPage: {
            items: {
                /**
                 * Format: date-time
                 * @description When the lot was first stored.
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                created_at: string;
                /** Format: uuid */
                id: string;
                /** @example LOT-2008-07-19 */
                lot_id: string;
                site: string;
            }[];
            /** @description Pass it as `cursor` to get the next page; null at the end. */
            next_cursor: string | null;
        };
        NamesPage: {
            items: {
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                first_seen: string;
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                last_seen: string;
                /** @example AOI-03 */
                name: string;
            }[];
            /** @description Pass it as `cursor` to get the next page; null at the end. */
            next_cursor: string | null;
        };
        Parameter: {
            /**
             * Format: date-time
             * @example 2008-07-19T11:55:00.000000Z
             */
            created_at: string;
            created_by: string;
            /**
             * Format: uuid
             * @example 0d6a2d1c-8a4e-5c43-9d53-0f8f4a3b2c11
             */
            id: string;
            lsl: number | null;
            /** @example s000 */
            name: string;
            /** @description null = every product without an entry of its own. */
            product: string | null;
            reason: string;
            recipe: string | null;
            site: string | null;
            step: string | null;
            target: number | null;
            /** @example nm */
            unit: string | null;
            usl: number | null;
            /**
             * Format: date-time
             * @example 2008-07-19T11:55:00.000000Z
             */
            valid_from: string;
            /** @description Start of the next version; null if there is none and for a withdrawn version. */
            valid_to: string | null;
            withdrawal_reason: string | null;
            /** @description When the version was withdrawn; from then on it applies to no time. */
            withdrawn_at: string | null;
            withdrawn_by: string | null;
        };
        ParameterPage: {
            items: components["schemas"]["Parameter"][];
            /** @description Pass it as `cursor` to get the next page; null at the end. */
            next_cursor: string | null;
        };
        /**
         * @example {
         *       "name": "s000",
         *       "product": "CQ-1000",
         *       "valid_from": "2026-01-01T00:00:00Z",
         *       "unit": "nm",
         *       "lsl": 2800,
         *       "usl": 3200,
         *       "target": 3000,
         *       "reason": "specification 17, revision C"
         *     }
         */
        ParameterRequest: {
            /** @description Lower specification limit. */
            lsl?: number;
            /** @description Name of the measurement, as the machines send it. */
            name: string;
            /** @description Default: every product. The most specific entry applies. */
            product?: string;
            /** @description Why, for the audit trail. */
            reason: string;
            recipe?: string;
            site?: string;
            step?: string;
            target?: number;
            /** @description Unit of the limits. Values in another unit of the same kind are converted into it. */
            unit?: string;
            /** @description Upper specification limit. */
            usl?: number;
            /**
             * Format: date-time
             * @description Time from which the version is in force.
             */
            valid_from: string;
            /**
             * @description Withdraw the version with this valid_from because it was wrong: it no longer applies to any time.
             * @enum {boolean}
             */
            withdraw?: true;
        };
        Part: {
            /** @description The events that the answer includes: all below these offsets of the machine topics, read in the same snapshot as the numbers. */
            as_of: {
                positions: {
                    /** @example 1567 */
                    next_offset: number;
                    /** @example 0 */
                    partition: number;
                    /** @example inspection.results.v1 */
                    topic: string;
                }[];
                time: string | null;
            };
            chip_id: string;
            inspections: components["schemas"]["Inspection"][];
            lot_id: string;
            site: string;
        };
        Pipeline: {
            /** @description The events that the answer includes: all below these offsets of the machine topics, read in the same snapshot as the numbers. */
            as_of: {
                positions: {
                    /** @example 1567 */
                    next_offset: number;
                    /** @example 0 */
                    partition: number;
                    /** @example inspection.results.v1 */
                    topic: string;
                }[];
                time: string | null;
            };
            /** @description What exactly is counted, and how. */
            definition: string;
            /** @description Partitions that ingest stopped; empty when it runs in all of them. */
            ingest: {
                /** @description Offset of the machine topic that ingest cannot pass. */
                at_offset: number;
                /** @description Ingest that holds the partition. */
                owner: string;
                partition: number;
                /**
                 * @description Why ingest stopped the partition.
                 * @example undecodable_batch
                 */
                state: string;
                state_reason: string | null;
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                state_since: string;
                /** @description End of the offsets that stop it, exclusive, where known. */
                to_offset: number | null;
                /** @example telemetry.samples.v1 */
                topic: string;
            }[];
            partitions: {
                /** @description Broker time of the newest applied record. */
                append_time: string | null;
                applied: number;
                dead_lettered: number;
                duplicates: number;
                /** @description Events in the records; one record may hold an array. */
                elements: number;
                gaps: number;
                /** @description End of the partition as last seen by the writer. */
                high_watermark: number | null;
                /** @description Offsets that wait; null until the writer has seen the end. */
                lag_events: number | null;
                /** @description Age of the newest applied record while others wait; 0 when none wait. */
                lag_seconds: number | null;
                /** @description First offset that is not applied yet. */
                next_offset: number;
                /** @description Writer that holds the partition. */
                owner: string | null;
                partition: number;
                records: number;
                /** @description Rows written, in all tables. */
                rows_written: number;
                /**
                 * @description running, or why the writer stopped the partition.
                 * @example running
                 */
                state: string;
                state_reason: string | null;
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                state_since: string;
                /** @example telemetry.samples.v1 */
                topic: string;
                /**
                 * Format: date-time
                 * @description When the position last moved.
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                updated_at: string;
            }[];
            topics: {
                applied: number;
                dead_lettered: number;
                duplicates: number;
                lag_events: number | null;
                lag_seconds: number | null;
                partitions: number;
                /** @description Partitions in state running. */
                running: number;
                topic: string;
            }[];
        };
        /** @description RFC 9457 problem document. */
        Problem: {
            /**
             * @description Stable name of the problem; compare this, not the text.
             * @enum {string}
             */
            code: "unknown_parameter" | "invalid_parameter" | "ambiguous_parameter" | "ambiguous_type" | "invalid_body" | "invalid_cursor" | "malformed_request" | "not_found" | "unauthenticated" | "forbidden" | "rate_limited" | "misdirected_request" | "duplicate_inspection" | "parameter_conflict" | "version_conflict" | "route_not_found" | "method_not_allowed" | "body_too_large" | "unsupported_media_type" | "uri_too_long" | "headers_too_large" | "request_timeout" | "database_unavailable" | "kafka_unavailable" | "issuer_unavailable" | "query_timeout" | "overloaded" | "internal_error";
            /** @description What is wrong with this request, for a person to read. */
            detail: string;
            errors?: {
                message: string;
                /** @description Name of the parameter, or JSON pointer into the body. */
                parameter: string;
            }[];
            status: number;
            title: string;
            type: string;
        };
        ProcessCapability: {
            /** @description The events that the answer includes: all below these offsets of the machine topics, read in the same snapshot as the numbers. */
            as_of: {
                positions: {
                    /** @example 1567 */
                    next_offset: number;
                    /** @example 0 */
                    partition: number;
                    /** @example inspection.results.v1 */
                    topic: string;
                }[];
                time: string | null;
            };
            /** @description For subgroups: the spread of their means beyond what the spread within explains, and the indices of both combined. null for single values, and without two neighbouring subgroups. */
            between_within: {
                cp: number | null;
                cpk: number | null;
                cpl: number | null;
                cpu: number | null;
                sigma_between: number;
                sigma_total: number;
            } | null;
            cp: number | null;
            cpk: number | null;
            /** @description Of the true cpk, 95 %. */
            cpk_interval: {
                lower: number;
                upper: number;
            } | null;
            cpl: number | null;
            cpm: number | null;
            cpu: number | null;
            /** @description What exactly is counted, and how. */
            definition: string;
            /**
             * @description Stable name of the definition; its number increases when the meaning changes.
             * @example yield.first_pass/2
             */
            definition_id: string;
            mean: number | null;
            n: number;
            pp: number | null;
            ppk: number | null;
            /** @description Of the true ppk, 95 %. */
            ppk_interval: {
                lower: number;
                upper: number;
            } | null;
            ppl: number | null;
            /** @description As cpm, with sigma_overall. */
            ppm: number | null;
            ppu: number | null;
            sigma_overall: number | null;
            sigma_within: number | null;
        };
        RangedNamesPage: {
            /** @description The range searched: as requested, else the 90 days up to the newest completion; null without completions. */
            covered: {
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                from: string;
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                to: string;
            } | null;
            items: {
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                first_seen: string;
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                last_seen: string;
                /** @example AOI-03 */
                name: string;
            }[];
            /** @description Pass it as `cursor` to get the next page; null at the end. */
            next_cursor: string | null;
        };
        Report: {
            /** @description The events that the answer includes: all below these offsets of the machine topics, read in the same snapshot as the numbers. */
            as_of: {
                positions: {
                    /** @example 1567 */
                    next_offset: number;
                    /** @example 0 */
                    partition: number;
                    /** @example inspection.results.v1 */
                    topic: string;
                }[];
                time: string | null;
            };
            /**
             * Format: date-time
             * @example 2008-07-19T11:55:00.000000Z
             */
            created_at: string;
            created_by: string;
            /** Format: uuid */
            id: string;
            /** @description Whether the stored text still has this SHA-256. */
            intact: boolean;
            name: string;
            /** @description The request. */
            parameters: {
                [key: string]: unknown;
            };
            /** @description Every section is of the same snapshot. */
            result: {
                /** @description The events that the answer includes: all below these offsets of the machine topics, read in the same snapshot as the numbers. */
                as_of: {
                    positions: {
                        /** @example 1567 */
                        next_offset: number;
                        /** @example 0 */
                        partition: number;
                        /** @example inspection.results.v1 */
                        topic: string;
                    }[];
                    time: string | null;
                };
                name: string;
                parameters: {
                    [key: string]: unknown;
                };
                sections: {
                    /** @description What the route answers; absent where it refuses. */
                    answer?: {
                        [key: string]: unknown;
                    };
                    /** @description Its parameters. */
                    parameters: {
                        [key: string]: unknown;
                    };
                    /** @description Why the section has no answer, such as dies of several inspection types. */
                    problem?: {
                        /** @enum {string} */
                        code: "unknown_parameter" | "invalid_parameter" | "ambiguous_parameter" | "ambiguous_type" | "invalid_body" | "invalid_cursor" | "malformed_request" | "not_found" | "unauthenticated" | "forbidden" | "rate_limited" | "misdirected_request" | "duplicate_inspection" | "parameter_conflict" | "version_conflict" | "route_not_found" | "method_not_allowed" | "body_too_large" | "unsupported_media_type" | "uri_too_long" | "headers_too_large" | "request_timeout" | "database_unavailable" | "kafka_unavailable" | "issuer_unavailable" | "query_timeout" | "overloaded" | "internal_error";
                        detail: string;
                    };
                    /**
                     * @description The route that answers the same question.
                     * @example /v1/yield
                     */
                    route: string;
                    /** @example First-pass yield by wafer */
                    title: string;
                }[];
            };
            /** @description Of the text of `result`, in hex: what to sign, or to note elsewhere. */
            sha256: string;
        };
        ReportPage: {
            items: {
                /** @description The events that the answer includes: all below these offsets of the machine topics, read in the same snapshot as the numbers. */
                as_of: {
                    positions: {
                        /** @example 1567 */
                        next_offset: number;
                        /** @example 0 */
                        partition: number;
                        /** @example inspection.results.v1 */
                        topic: string;
                    }[];
                    time: string | null;
                };
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                created_at: string;
                created_by: string;
                /** Format: uuid */
                id: string;
                name: string;
                /** @description The request. */
                parameters: {
                    [key: string]: unknown;
                };
                /** @description Of the text of `result`, in hex: what to sign, or to note elsewhere. */
                sha256: string;
            }[];
            /** @description Pass it as `cursor` to get the next page; null at the end. */
            next_cursor: string | null;
        };
        /**
         * @example {
         *       "name": "Lot review LOT-2008-07-19",
         *       "reason": "customer complaint 4711",
         *       "lot_id": "LOT-2008-07-19",
         *       "charts": [
         *         {
         *           "chart": "imr",
         *           "parameter": "s000"
         *         }
         *       ]
         *     }
         */
        ReportRequest: {
            /**
             * @description Control charts to include.
             * @default []
             */
            charts?: {
                /** @enum {string} */
                chart: "xbar_r" | "xbar_s" | "imr" | "between_within" | "p" | "np" | "c" | "u" | "p_prime" | "u_prime" | "ewma" | "cusum";
                /**
                 * @description Frozen limits instead of those of the data.
                 * @enum {string}
                 */
                limits?: "current";
                /** @description Name of the measurement; not for charts of counts. */
                parameter?: string;
                /** @description As in GET /v1/spc. */
                subgroup?: ("lot" | "wafer" | "day") | number;
            }[];
            equipment_id?: string;
            /**
             * Format: date-time
             * @description Only attempts completed at or after this time.
             */
            from?: string;
            /**
             * @description Groups of the yields. Default: wafer for a lot, otherwise none.
             * @enum {string}
             */
            group_by?: "hour" | "day" | "week" | "month" | "shift" | "lot" | "wafer" | "equipment" | "inspection_type" | "product" | "step" | "recipe" | "site" | "zone";
            inspection_type?: string;
            /** @description Adds the stacked map of the lot. */
            lot_id?: string;
            /** @description Title of the report. */
            name: string;
            /**
             * @description Which attempt represents a unit.
             * @default last
             * @enum {string}
             */
            policy?: "last" | "first" | "best" | "worst" | "all";
            product?: string;
            /** @description Why, for the audit trail. */
            reason: string;
            recipe?: string;
            site?: string;
            step?: string;
            /**
             * Format: date-time
             * @description Only attempts completed before this time.
             */
            to?: string;
        };
        /**
         * @example {
         *       "lot_id": "LOT-7",
         *       "chip_id": "W01-12-34",
         *       "inspection_type": "visual",
         *       "priority": 3,
         *       "reason": "customer return"
         *     }
         */
        ScheduleRequest: {
            chip_id: string;
            equipment_id?: string;
            /** @description For example visual, electrical, dimensional, thermal, functional, metrology. */
            inspection_type: string;
            lot_id: string;
            metadata?: {
                [key: string]: unknown;
            };
            /** @description 1 to 10, default 5. */
            priority?: number;
            product?: string;
            /** @description Reason, for the audit trail. */
            reason?: string;
            recipe?: string;
            site?: string;
            step?: string;
            wafer_id?: string;
        };
        SpcChart: {
            /** @description The events that the answer includes: all below these offsets of the machine topics, read in the same snapshot as the numbers. */
            as_of: {
                positions: {
                    /** @example 1567 */
                    next_offset: number;
                    /** @example 0 */
                    partition: number;
                    /** @example inspection.results.v1 */
                    topic: string;
                }[];
                time: string | null;
            };
            /** @enum {string} */
            chart: "xbar_r" | "xbar_s" | "imr" | "between_within" | "p" | "np" | "c" | "u" | "p_prime" | "u_prime" | "ewma" | "cusum";
            /** @description What exactly is counted, and how. */
            definition: string;
            /**
             * @description Stable name of the definition; its number increases when the meaning changes.
             * @example yield.first_pass/2
             */
            definition_id: string;
            dispersion?: {
                /** @description null when it varies by point. */
                centre: number | null;
                lower: number | null;
                points: {
                    /** @description CUSUM: sum above the target. */
                    high?: number;
                    /** @description 0-based, in the data; missing values have no point. */
                    index: number;
                    /** @description CUSUM: sum below the target, not negative. */
                    low?: number;
                    lower: number;
                    size?: number;
                    upper: number;
                    value: number;
                }[];
                upper: number | null;
                violations: {
                    /** @description The last point of the pattern. */
                    index: number;
                    /** @enum {string} */
                    rule: "beyond_limits" | "western_electric_1" | "western_electric_2" | "western_electric_3" | "western_electric_4" | "nelson_1" | "nelson_2" | "nelson_3" | "nelson_4" | "nelson_5" | "nelson_6" | "nelson_7" | "nelson_8";
                }[];
            };
            /** @description With limits: which frozen limits the chart has. */
            limits?: {
                /** Format: uuid */
                id: string;
                version: number;
            };
            location: {
                /** @description null when it varies by point. */
                centre: number | null;
                lower: number | null;
                points: {
                    /** @description CUSUM: sum above the target. */
                    high?: number;
                    /** @description 0-based, in the data; missing values have no point. */
                    index: number;
                    /** @description CUSUM: sum below the target, not negative. */
                    low?: number;
                    lower: number;
                    size?: number;
                    upper: number;
                    value: number;
                }[];
                upper: number | null;
                violations: {
                    /** @description The last point of the pattern. */
                    index: number;
                    /** @enum {string} */
                    rule: "beyond_limits" | "western_electric_1" | "western_electric_2" | "western_electric_3" | "western_electric_4" | "nelson_1" | "nelson_2" | "nelson_3" | "nelson_4" | "nelson_5" | "nelson_6" | "nelson_7" | "nelson_8";
                }[];
            };
            /** @description With phases: those that have samples, in order; limits are null where they vary or are missing. */
            phases?: {
                dispersion?: {
                    centre: number | null;
                    lower: number | null;
                    upper: number | null;
                    violations: number;
                };
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                first_at: string;
                /** @description Index of its first sample. */
                from: number;
                location: {
                    centre: number | null;
                    lower: number | null;
                    upper: number | null;
                    violations: number;
                };
                sigma: number | null;
                /** @description Index after its last sample. */
                to: number;
                within?: {
                    centre: number | null;
                    lower: number | null;
                    upper: number | null;
                    violations: number;
                };
            }[];
            /** @description The sample at each index of the chart; with max_points only those of the points that are shown, each with its `index`. */
            samples: {
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                first_at: string;
                index?: number;
                /** @description Lot, wafer or day; the chip of a single value. */
                key: string | null;
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                last_at: string;
                lot_id: string | null;
                site: string | null;
                /** @description Values, or units. */
                size: number;
            }[];
            /** @description With max_points: samples of the whole chart. */
            samples_total?: number;
            /** @description Standard deviation behind the location limits; null when it varies by point. */
            sigma: number | null;
            /** @description between_within: standard deviation within the subgroups. */
            sigma_within?: number;
            /** @description Charts of counts: spread between samples relative to what their sizes explain, from the moving ranges; about 1 when sizes explain all of it. */
            sigma_z?: number | null;
            /** @description Read this before you use the numbers; absent when there is nothing to warn of. */
            warning?: string;
            /** @description between_within: range or standard deviation of each subgroup. */
            within?: {
                /** @description null when it varies by point. */
                centre: number | null;
                lower: number | null;
                points: {
                    /** @description CUSUM: sum above the target. */
                    high?: number;
                    /** @description 0-based, in the data; missing values have no point. */
                    index: number;
                    /** @description CUSUM: sum below the target, not negative. */
                    low?: number;
                    lower: number;
                    size?: number;
                    upper: number;
                    value: number;
                }[];
                upper: number | null;
                violations: {
                    /** @description The last point of the pattern. */
                    index: number;
                    /** @enum {string} */
                    rule: "beyond_limits" | "western_electric_1" | "western_electric_2" | "western_electric_3" | "western_electric_4" | "nelson_1" | "nelson_2" | "nelson_3" | "nelson_4" | "nelson_5" | "nelson_6" | "nelson_7" | "nelson_8";
                }[];
            };
        };
        StackedMap: {
            /** @description The events that the answer includes: all below these offsets of the machine topics, read in the same snapshot as the numbers. */
            as_of: {
                positions: {
                    /** @example 1567 */
                    next_offset: number;
                    /** @example 0 */
                    partition: number;
                    /** @example inspection.results.v1 */
                    topic: string;
                }[];
                time: string | null;
            };
            /** @description What exactly is counted, and how. */
            definition: string;
            /**
             * @description Stable name of the definition; its number increases when the meaning changes.
             * @example yield.first_pass/2
             */
            definition_id: string;
            /** @description [x, y, value, wafers on which it was tested]. The value of result is the fraction of wafers on which the die fails, of a bin the most frequent one (of equally frequent ones the least), else the mean. With policy=all, of attempts instead of wafers. */
            dies: [
                number,
                number,
                number | null,
                number
            ][];
            /** @description Of the product, as it held when the last attempt completed; null where none is stored. */
            geometry: {
                /** @description Step coordinates of a die near the centre of the wafer. */
                centre_x: number;
                centre_y: number;
                /** @example 300 */
                diameter_mm: number;
                /** @description Dice that reach into this outer ring count in no zone but `excluded`. */
                edge_exclusion_mm: number;
                /** @description Dice that lie wholly within the edge exclusion. */
                gross_dice: number;
                /**
                 * @description Where the notch (or flat) lies while the axes point as stated.
                 * @enum {string}
                 */
                notch: "bottom" | "left" | "top" | "right";
                /** @description From the centre of the wafer to the centre of that die, to the right as the machine draws the wafer; offset_y_mm upwards. */
                offset_x_mm: number;
                offset_y_mm: number;
                /**
                 * @description Distance between neighbouring dice, scribe line included, along the x axis of the machine.
                 * @example 10
                 */
                pitch_x_mm: number;
                /** @example 8 */
                pitch_y_mm: number;
                product: string;
                reticle: {
                    /** @description Dice of one exposure along x. */
                    columns: number;
                    /** @description Dice of one exposure along y. */
                    rows: number;
                    /** @description Step coordinates of the die with the least x and y of any one exposure. */
                    x: number;
                    y: number;
                } | null;
                /** @description Rings of equal width that zones divide the usable wafer into; 1 is the innermost. */
                rings: number;
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                valid_from: string;
                /**
                 * @description Direction in which x increases, looking at the side with the dice.
                 * @enum {string}
                 */
                x_axis: "right" | "left";
                /** @enum {string} */
                y_axis: "up" | "down";
            } | null;
            /** @description Of measured values; null where they have none. */
            unit: string | null;
            value: string;
            x_max: number | null;
            x_min: number | null;
            y_max: number | null;
            y_min: number | null;
            /** @description With zones. */
            zones?: {
                /** @description Die positions. */
                dies: number;
                failed: number;
                /** @example 1 */
                key: string | null;
                /** @description Of numeric values, over the die positions. */
                mean: number | null;
                tested: number;
                yield: number;
                /** @enum {string} */
                zone: "ring" | "quadrant" | "edge" | "reticle";
            }[];
        };
        TelemetrySeries: {
            /** @description The events that the answer includes: all below these offsets of the machine topics, read in the same snapshot as the numbers. */
            as_of: {
                positions: {
                    /** @example 1567 */
                    next_offset: number;
                    /** @example 0 */
                    partition: number;
                    /** @example inspection.results.v1 */
                    topic: string;
                }[];
                time: string | null;
            };
            /**
             * @description Width of a bucket.
             * @example 300
             */
            bucket_seconds: number;
            /** @description The range that the points cover completely: as requested, or less where raw samples of a partial hour are gone; for a roll-up, its whole hours or days. null: none of the range, so ask for whole hours. Absent with tags, which roll-ups do not have. */
            covered?: {
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                from: string;
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                to: string;
            } | null;
            /** @description What exactly is counted, and how. */
            definition: string;
            /**
             * @description Stable name of the definition; its number increases when the meaning changes.
             * @example yield.first_pass/2
             */
            definition_id: string;
            metric_name: string;
            points: {
                avg_value: number;
                max_value: number;
                min_value: number;
                sample_count: number;
                /**
                 * Format: date-time
                 * @description Start of the bucket; buckets without samples are absent.
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                time: string;
            }[];
            /**
             * @description Source of the points.
             * @enum {string}
             */
            resolution: "raw" | "hourly" | "daily";
        };
        TelemetrySummary: {
            /** @description The events that the answer includes: all below these offsets of the machine topics, read in the same snapshot as the numbers. */
            as_of: {
                positions: {
                    /** @example 1567 */
                    next_offset: number;
                    /** @example 0 */
                    partition: number;
                    /** @example inspection.results.v1 */
                    topic: string;
                }[];
                time: string | null;
            };
            /** @description The range that the figures cover: as requested, or less where raw samples are gone. */
            covered: {
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                from: string;
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                to: string;
            } | null;
            /** @description What exactly is counted, and how. */
            definition: string;
            /**
             * @description Stable name of the definition; its number increases when the meaning changes.
             * @example yield.first_pass/2
             */
            definition_id: string;
            metric_name: string;
            services: {
                /** @description Sum of the values / sample_count; null without samples. */
                avg_value: number | null;
                max_value: number | null;
                min_value: number | null;
                sample_count: number;
                service_name: string;
            }[];
            totals: {
                /** @description Sum of the values / sample_count; null without samples. */
                avg_value: number | null;
                max_value: number | null;
                min_value: number | null;
                sample_count: number;
            };
        };
        WaferDefects: {
            /** @description The events that the answer includes: all below these offsets of the machine topics, read in the same snapshot as the numbers. */
            as_of: {
                positions: {
                    /** @example 1567 */
                    next_offset: number;
                    /** @example 0 */
                    partition: number;
                    /** @example inspection.results.v1 */
                    topic: string;
                }[];
                time: string | null;
            };
            defects: {
                /** @example scratch */
                class: string;
                die_x: number;
                die_y: number;
                severity: string | null;
                size_um: number | null;
                /** @description Micrometres from the origin of the die along x. */
                x_um: number;
                y_um: number;
            }[];
            /** @description What exactly is counted, and how. */
            definition: string;
            /**
             * @description Stable name of the definition; its number increases when the meaning changes.
             * @example yield.first_pass/2
             */
            definition_id: string;
            /** @description Whether there are more than the 20000 defects listed. */
            is_truncated: boolean;
            lot_id: string;
            site: string;
            wafer_id: string;
        };
        WaferGeometry: {
            /** @description Step coordinates of a die near the centre of the wafer. */
            centre_x: number;
            centre_y: number;
            /**
             * Format: date-time
             * @example 2008-07-19T11:55:00.000000Z
             */
            created_at: string;
            created_by: string;
            /** @example 300 */
            diameter_mm: number;
            /** @description Dice that reach into this outer ring count in no zone but `excluded`. */
            edge_exclusion_mm: number;
            /** @description Dice that lie wholly within the edge exclusion. */
            gross_dice: number;
            /**
             * Format: uuid
             * @example 0d6a2d1c-8a4e-5c43-9d53-0f8f4a3b2c11
             */
            id: string;
            /**
             * @description Where the notch (or flat) lies while the axes point as stated.
             * @enum {string}
             */
            notch: "bottom" | "left" | "top" | "right";
            /** @description From the centre of the wafer to the centre of that die, to the right as the machine draws the wafer; offset_y_mm upwards. */
            offset_x_mm: number;
            offset_y_mm: number;
            /**
             * @description Distance between neighbouring dice, scribe line included, along the x axis of the machine.
             * @example 10
             */
            pitch_x_mm: number;
            /** @example 8 */
            pitch_y_mm: number;
            /** @example CQ-1000 */
            product: string;
            reason: string;
            reticle: {
                /** @description Dice of one exposure along x. */
                columns: number;
                /** @description Dice of one exposure along y. */
                rows: number;
                /** @description Step coordinates of the die with the least x and y of any one exposure. */
                x: number;
                y: number;
            } | null;
            /** @description Rings of equal width that zones divide the usable wafer into; 1 is the innermost. */
            rings: number;
            /**
             * Format: date-time
             * @example 2008-07-19T11:55:00.000000Z
             */
            valid_from: string;
            /** @description When the next version begins; null while there is none, and of a withdrawn version. */
            valid_to: string | null;
            withdrawal_reason: string | null;
            /** @description Since when the version no longer counts for any time. */
            withdrawn_at: string | null;
            withdrawn_by: string | null;
            /**
             * @description Direction in which x increases, looking at the side with the dice.
             * @enum {string}
             */
            x_axis: "right" | "left";
            /** @enum {string} */
            y_axis: "up" | "down";
        };
        WaferGeometryPage: {
            items: components["schemas"]["WaferGeometry"][];
            /** @description Pass it as `cursor` to get the next page; null at the end. */
            next_cursor: string | null;
        };
        /**
         * @example {
         *       "product": "CQ-1000",
         *       "valid_from": "2026-01-01T00:00:00Z",
         *       "diameter_mm": 300,
         *       "pitch_x_mm": 10,
         *       "pitch_y_mm": 8,
         *       "centre_x": 0,
         *       "centre_y": 0,
         *       "notch": "bottom",
         *       "edge_exclusion_mm": 3,
         *       "rings": 3,
         *       "reticle": {
         *         "columns": 2,
         *         "rows": 3,
         *         "x": 0,
         *         "y": 0
         *       },
         *       "reason": "mask set A"
         *     }
         */
        WaferGeometryRequest: {
            /** @description Step coordinates of a die near the centre of the wafer. */
            centre_x?: number;
            centre_y?: number;
            /** @example 300 */
            diameter_mm?: number;
            /** @description Dice that reach into this outer ring count in no zone but `excluded`. Default 0. */
            edge_exclusion_mm?: number;
            /**
             * @description Where the notch (or flat) lies while the axes point as stated. Default bottom.
             * @enum {string}
             */
            notch?: "bottom" | "left" | "top" | "right";
            /** @description From the centre of the wafer to the centre of that die, to the right as the machine draws the wafer; offset_y_mm upwards. Default 0. */
            offset_x_mm?: number;
            /** @description Default 0. */
            offset_y_mm?: number;
            /**
             * @description Distance between neighbouring dice, scribe line included, along the x axis of the machine.
             * @example 10
             */
            pitch_x_mm?: number;
            /** @example 8 */
            pitch_y_mm?: number;
            product: string;
            /** @description Why, for the audit trail. */
            reason: string;
            /** @description Exposure field (shot). */
            reticle?: {
                /** @description Dice of one exposure along x. */
                columns: number;
                /** @description Dice of one exposure along y. */
                rows: number;
                /** @description Step coordinates of the die with the least x and y of any one exposure. */
                x: number;
                y: number;
            };
            /** @description Rings of equal width that zones divide the usable wafer into; 1 is the innermost. Default 3. */
            rings?: number;
            /**
             * Format: date-time
             * @description When it takes effect; it holds until the next version begins. May lie in the past.
             */
            valid_from: string;
            /**
             * @description Withdraw the version with this valid_from because it was wrong: it no longer counts for any time.
             * @enum {boolean}
             */
            withdraw?: true;
            /**
             * @description Direction in which x increases, looking at the side with the dice. Default right.
             * @enum {string}
             */
            x_axis?: "right" | "left";
            /**
             * @description Default up.
             * @enum {string}
             */
            y_axis?: "up" | "down";
        };
        WaferMap: {
            /** @description The events that the answer includes: all below these offsets of the machine topics, read in the same snapshot as the numbers. */
            as_of: {
                positions: {
                    /** @example 1567 */
                    next_offset: number;
                    /** @example 0 */
                    partition: number;
                    /** @example inspection.results.v1 */
                    topic: string;
                }[];
                time: string | null;
            };
            /** @description What exactly is counted, and how. */
            definition: string;
            /**
             * @description Stable name of the definition; its number increases when the meaning changes.
             * @example yield.first_pass/2
             */
            definition_id: string;
            /** @description [x, y, value], ordered by x, then y; x and y are step coordinates as the machine gave them. */
            dies: [
                number,
                number,
                string | number | null
            ][];
            /** @description Of the product, as it held when the last attempt completed; null where none is stored. */
            geometry: {
                /** @description Step coordinates of a die near the centre of the wafer. */
                centre_x: number;
                centre_y: number;
                /** @example 300 */
                diameter_mm: number;
                /** @description Dice that reach into this outer ring count in no zone but `excluded`. */
                edge_exclusion_mm: number;
                /** @description Dice that lie wholly within the edge exclusion. */
                gross_dice: number;
                /**
                 * @description Where the notch (or flat) lies while the axes point as stated.
                 * @enum {string}
                 */
                notch: "bottom" | "left" | "top" | "right";
                /** @description From the centre of the wafer to the centre of that die, to the right as the machine draws the wafer; offset_y_mm upwards. */
                offset_x_mm: number;
                offset_y_mm: number;
                /**
                 * @description Distance between neighbouring dice, scribe line included, along the x axis of the machine.
                 * @example 10
                 */
                pitch_x_mm: number;
                /** @example 8 */
                pitch_y_mm: number;
                product: string;
                reticle: {
                    /** @description Dice of one exposure along x. */
                    columns: number;
                    /** @description Dice of one exposure along y. */
                    rows: number;
                    /** @description Step coordinates of the die with the least x and y of any one exposure. */
                    x: number;
                    y: number;
                } | null;
                /** @description Rings of equal width that zones divide the usable wafer into; 1 is the innermost. */
                rings: number;
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                valid_from: string;
                /**
                 * @description Direction in which x increases, looking at the side with the dice.
                 * @enum {string}
                 */
                x_axis: "right" | "left";
                /** @enum {string} */
                y_axis: "up" | "down";
            } | null;
            lot_id: string;
            site: string;
            /** @description Of measured values; null where they have none. */
            unit: string | null;
            value: string;
            wafer_id: string;
            x_max: number | null;
            x_min: number | null;
            y_max: number | null;
            y_min: number | null;
            /** @description With zones. */
            zones?: {
                /** @description Die positions. */
                dies: number;
                failed: number;
                /** @example 1 */
                key: string | null;
                /** @description Of numeric values, over the die positions. */
                mean: number | null;
                tested: number;
                yield: number;
                /** @enum {string} */
                zone: "ring" | "quadrant" | "edge" | "reticle";
            }[];
        };
        WaferMaps: {
            /** @description The events that the answer includes: all below these offsets of the machine topics, read in the same snapshot as the numbers. */
            as_of: {
                positions: {
                    /** @example 1567 */
                    next_offset: number;
                    /** @example 0 */
                    partition: number;
                    /** @example inspection.results.v1 */
                    topic: string;
                }[];
                time: string | null;
            };
            /** @description What exactly is counted, and how. */
            definition: string;
            /**
             * @description Stable name of the definition; its number increases when the meaning changes.
             * @example yield.first_pass/2
             */
            definition_id: string;
            /** @description Of the product, as it held when the last attempt completed; null where none is stored. */
            geometry: {
                /** @description Step coordinates of a die near the centre of the wafer. */
                centre_x: number;
                centre_y: number;
                /** @example 300 */
                diameter_mm: number;
                /** @description Dice that reach into this outer ring count in no zone but `excluded`. */
                edge_exclusion_mm: number;
                /** @description Dice that lie wholly within the edge exclusion. */
                gross_dice: number;
                /**
                 * @description Where the notch (or flat) lies while the axes point as stated.
                 * @enum {string}
                 */
                notch: "bottom" | "left" | "top" | "right";
                /** @description From the centre of the wafer to the centre of that die, to the right as the machine draws the wafer; offset_y_mm upwards. */
                offset_x_mm: number;
                offset_y_mm: number;
                /**
                 * @description Distance between neighbouring dice, scribe line included, along the x axis of the machine.
                 * @example 10
                 */
                pitch_x_mm: number;
                /** @example 8 */
                pitch_y_mm: number;
                product: string;
                reticle: {
                    /** @description Dice of one exposure along x. */
                    columns: number;
                    /** @description Dice of one exposure along y. */
                    rows: number;
                    /** @description Step coordinates of the die with the least x and y of any one exposure. */
                    x: number;
                    y: number;
                } | null;
                /** @description Rings of equal width that zones divide the usable wafer into; 1 is the innermost. */
                rings: number;
                /**
                 * Format: date-time
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                valid_from: string;
                /**
                 * @description Direction in which x increases, looking at the side with the dice.
                 * @enum {string}
                 */
                x_axis: "right" | "left";
                /** @enum {string} */
                y_axis: "up" | "down";
            } | null;
            lot_id: string;
            /** @description [x, y] of each die position of any wafer, ordered by x, then y. */
            places: [
                number,
                number
            ][];
            site: string;
            /** @description Of measured values; null where they have none. */
            unit: string | null;
            value: string;
            wafers: {
                /** @description One value for each of `places`, in their order; null where the die has none. */
                values: (string | number | null)[];
                wafer_id: string;
            }[];
            x_max: number | null;
            x_min: number | null;
            y_max: number | null;
            y_min: number | null;
        };
        Yield: {
            /** @description The events that the answer includes: all below these offsets of the machine topics, read in the same snapshot as the numbers. */
            as_of: {
                positions: {
                    /** @example 1567 */
                    next_offset: number;
                    /** @example 0 */
                    partition: number;
                    /** @example inspection.results.v1 */
                    topic: string;
                }[];
                time: string | null;
            };
            /** @description What exactly is counted, and how. */
            definition: string;
            /**
             * @description Stable name of the definition; its number increases when the meaning changes.
             * @example yield.first_pass/2
             */
            definition_id: string;
            groups: {
                /**
                 * @description Defective parts per million; null where yield is null.
                 * @example 91891.89
                 */
                dppm: number | null;
                /** @example 51 */
                failed: number;
                /**
                 * @description Value of `group_by`; null where the machine stated none.
                 * @example 2008-08
                 */
                key: string | null;
                /** @description With group_by=lot or wafer: a wafer is named within its lot. */
                lot_id?: string;
                /** @example 504 */
                passed: number;
                /** @description With group_by=lot or wafer. */
                site?: string;
                /** @description With kind=rolled_throughput: first-pass yield of each operation. */
                steps?: {
                    inspection_type: string;
                    passed: number;
                    step: string;
                    units: number;
                    yield: number;
                }[];
                /**
                 * @description Units counted (with kind=insertion: attempts).
                 * @example 555
                 */
                units: number;
                /**
                 * @description Fraction 0..1; null when there are no units, and for rolled throughput across products that do not share their operations.
                 * @example 0.908108
                 */
                yield: number | null;
            }[];
            /** @description With top: the groups that are left off, together; absent when none is. */
            other?: {
                /**
                 * @description Defective parts per million; null where yield is null.
                 * @example 91891.89
                 */
                dppm: number | null;
                /** @example 51 */
                failed: number;
                /** @description How many groups are summed up. */
                groups: number;
                /** @example 504 */
                passed: number;
                /** @description With kind=rolled_throughput: first-pass yield of each operation. */
                steps?: {
                    inspection_type: string;
                    passed: number;
                    step: string;
                    units: number;
                    yield: number;
                }[];
                /**
                 * @description Units counted (with kind=insertion: attempts).
                 * @example 555
                 */
                units: number;
                /**
                 * @description Fraction 0..1; null when there are no units, and for rolled throughput across products that do not share their operations.
                 * @example 0.908108
                 */
                yield: number | null;
            };
            /** @description Computed from the unit counts, never as a mean of groups. */
            totals: {
                /**
                 * @description Defective parts per million; null where yield is null.
                 * @example 91891.89
                 */
                dppm: number | null;
                /** @example 51 */
                failed: number;
                /** @example 504 */
                passed: number;
                /** @description With kind=rolled_throughput: first-pass yield of each operation. */
                steps?: {
                    inspection_type: string;
                    passed: number;
                    step: string;
                    units: number;
                    yield: number;
                }[];
                /**
                 * @description Units counted (with kind=insertion: attempts).
                 * @example 555
                 */
                units: number;
                /**
                 * @description Fraction 0..1; null when there are no units, and for rolled throughput across products that do not share their operations.
                 * @example 0.908108
                 */
                yield: number | null;
            };
            /** @description Read this before you use the numbers; absent when there is nothing to warn of. */
            warning?: string;
        };
        YieldLimits: {
            /** @description The events that the answer includes: all below these offsets of the machine topics, read in the same snapshot as the numbers. */
            as_of: {
                positions: {
                    /** @example 1567 */
                    next_offset: number;
                    /** @example 0 */
                    partition: number;
                    /** @example inspection.results.v1 */
                    topic: string;
                }[];
                time: string | null;
            };
            bins: {
                bin: number;
                /** @description Lots that the limits come from. */
                lots: number;
                mean: number | null;
                /** @description Mean + 3 sigma. */
                sbl1: number | null;
                /** @description Mean + 4 sigma. */
                sbl2: number | null;
                /** @description Standard deviation (n - 1) over the lots. */
                sigma: number | null;
            }[];
            /** @description What exactly is counted, and how. */
            definition: string;
            /**
             * @description Stable name of the definition; its number increases when the meaning changes.
             * @example yield.first_pass/2
             */
            definition_id: string;
            judged: {
                /** @description Bins of failing units that exceed their limits, or that none of the lots behind the limits had. */
                bins: {
                    bin: number;
                    count: number;
                    fraction: number;
                    /** @description null while there are no limits: with fewer than 6 lots. */
                    verdict: ("within" | "beyond_first" | "beyond_second") | null;
                }[];
                /**
                 * Format: date-time
                 * @description When its last counted attempt completed.
                 * @example 2008-07-19T11:55:00.000000Z
                 */
                completed_at: string;
                lot_id: string;
                passed: number;
                site: string;
                units: number;
                /** @description null while there are no limits: with fewer than 6 lots. */
                verdict: ("within" | "beyond_first" | "beyond_second") | null;
                yield: number;
            }[];
            /** @description Read this before you use the numbers; absent when there is nothing to warn of. */
            warning?: string;
            yield: {
                /** @description Lots that the limits come from. */
                lots: number;
                mean: number | null;
                /** @description Standard deviation (n - 1) over the lots. */
                sigma: number | null;
                /** @description Mean - 3 sigma. */
                syl1: number | null;
                /** @description Mean - 4 sigma. */
                syl2: number | null;
            };
        };
        YieldModels: {
            /** @description What exactly is counted, and how. */
            definition: string;
            /**
             * @description Stable name of the definition; its number increases when the meaning changes.
             * @example yield.first_pass/2
             */
            definition_id: string;
            /** @description Defects per million opportunities; null without opportunities. */
            dpmo: number | null;
            /** @description Defects per unit; null without defects and units. */
            dpu: number | null;
            models: {
                /** @description D0 per cm2; null without area_cm2. */
                defect_density: number | null;
                /** @description A D0. */
                defects_per_die: number;
                /** @example exp(-A D0) */
                formula: string;
                /** @enum {string} */
                model: "poisson" | "murphy" | "exponential" | "negative_binomial";
                yield: number;
            }[];
        };
    };
    responses: {
        /** @description `body_too_large`: the body is larger than this route reads. */
        BodyTooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `forbidden`: the caller lacks a right, which `detail` names, or may not see what it asks for; or a page of another site sends it. */
        Forbidden: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `headers_too_large`: URL and headers together are larger than this service reads. */
        HeadersTooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `internal_error`: a fault of the service, which has logged it. */
        InternalError: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `method_not_allowed`: this path has other methods. A path that does not exist is 404 `route_not_found`. */
        MethodNotAllowed: {
            headers: {
                /** @description The methods of this path. */
                Allow?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `misdirected_request`: the service does not answer to the host name of the request. */
        Misdirected: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The answer is still the one whose ETag is in `If-None-Match`; no body. */
        NotModified: {
            headers: {
                /** @description Of the content; send it as `If-None-Match`. */
                ETag?: string;
                [name: string]: unknown;
            };
            content?: never;
        };
        /** @description `rate_limited`: too many requests of this cost from this caller. */
        RateLimited: {
            headers: {
                /** @description Seconds after which to try again. */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `request_timeout`: the request does not arrive within its time. */
        RequestTimeout: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `unauthenticated`: the key or token is missing, unknown, expired or revoked. */
        Unauthenticated: {
            headers: {
                /** @description How to authenticate. */
                "WWW-Authenticate"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `unsupported_media_type`: a body must be application/json. */
        UnsupportedMediaType: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `uri_too_long`: a part of the path is longer than any name. */
        UriTooLong: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type Annotation = components['schemas']['Annotation'];
export type AnnotationPage = components['schemas']['AnnotationPage'];
export type AnnotationRequest = components['schemas']['AnnotationRequest'];
export type AnnotationWithdrawal = components['schemas']['AnnotationWithdrawal'];
export type AuditPage = components['schemas']['AuditPage'];
export type AuditVerification = components['schemas']['AuditVerification'];
export type Backtest = components['schemas']['Backtest'];
export type BacktestRequest = components['schemas']['BacktestRequest'];
export type BinPareto = components['schemas']['BinPareto'];
export type Calendar = components['schemas']['Calendar'];
export type CalendarPage = components['schemas']['CalendarPage'];
export type CalendarRequest = components['schemas']['CalendarRequest'];
export type Capabilities = components['schemas']['Capabilities'];
export type Capability = components['schemas']['Capability'];
export type CapabilityRequest = components['schemas']['CapabilityRequest'];
export type Chart = components['schemas']['Chart'];
export type ChartRequest = components['schemas']['ChartRequest'];
export type ControlLimits = components['schemas']['ControlLimits'];
export type ControlLimitsPage = components['schemas']['ControlLimitsPage'];
export type ControlLimitsRequest = components['schemas']['ControlLimitsRequest'];
export type DailySummary = components['schemas']['DailySummary'];
export type DeadLetter = components['schemas']['DeadLetter'];
export type DeadLetterDryRun = components['schemas']['DeadLetterDryRun'];
export type DeadLetterDryRunRequest = components['schemas']['DeadLetterDryRunRequest'];
export type DeadLetterGroups = components['schemas']['DeadLetterGroups'];
export type DeadLetterPage = components['schemas']['DeadLetterPage'];
export type DeadLetterReplay = components['schemas']['DeadLetterReplay'];
export type DeadLetterReplayPage = components['schemas']['DeadLetterReplayPage'];
export type DeadLetterReplayRequest = components['schemas']['DeadLetterReplayRequest'];
export type DefectDensity = components['schemas']['DefectDensity'];
export type DefectPareto = components['schemas']['DefectPareto'];
export type EquipmentComparison = components['schemas']['EquipmentComparison'];
export type EquipmentPage = components['schemas']['EquipmentPage'];
export type EquipmentUnits = components['schemas']['EquipmentUnits'];
export type FailingTests = components['schemas']['FailingTests'];
export type GaugeRequest = components['schemas']['GaugeRequest'];
export type GaugeStudy = components['schemas']['GaugeStudy'];
export type Inspection = components['schemas']['Inspection'];
export type InspectionPage = components['schemas']['InspectionPage'];
export type Ledger = components['schemas']['Ledger'];
export type Lot = components['schemas']['Lot'];
export type LotMap = components['schemas']['LotMap'];
export type LotPage = components['schemas']['LotPage'];
export type NamesPage = components['schemas']['NamesPage'];
export type Parameter = components['schemas']['Parameter'];
export type ParameterPage = components['schemas']['ParameterPage'];
export type ParameterRequest = components['schemas']['ParameterRequest'];
export type Part = components['schemas']['Part'];
export type Pipeline = components['schemas']['Pipeline'];
export type Problem = components['schemas']['Problem'];
export type ProcessCapability = components['schemas']['ProcessCapability'];
export type RangedNamesPage = components['schemas']['RangedNamesPage'];
export type Report = components['schemas']['Report'];
export type ReportPage = components['schemas']['ReportPage'];
export type ReportRequest = components['schemas']['ReportRequest'];
export type ScheduleRequest = components['schemas']['ScheduleRequest'];
export type SpcChart = components['schemas']['SpcChart'];
export type StackedMap = components['schemas']['StackedMap'];
export type TelemetrySeries = components['schemas']['TelemetrySeries'];
export type TelemetrySummary = components['schemas']['TelemetrySummary'];
export type WaferDefects = components['schemas']['WaferDefects'];
export type WaferGeometry = components['schemas']['WaferGeometry'];
export type WaferGeometryPage = components['schemas']['WaferGeometryPage'];
export type WaferGeometryRequest = components['schemas']['WaferGeometryRequest'];
export type WaferMap = components['schemas']['WaferMap'];
export type WaferMaps = components['schemas']['WaferMaps'];
export type Yield = components['schemas']['Yield'];
export type YieldLimits = components['schemas']['YieldLimits'];
export type YieldModels = components['schemas']['YieldModels'];
export type ResponseBodyTooLarge = components['responses']['BodyTooLarge'];
export type ResponseForbidden = components['responses']['Forbidden'];
export type ResponseHeadersTooLarge = components['responses']['HeadersTooLarge'];
export type ResponseInternalError = components['responses']['InternalError'];
export type ResponseMethodNotAllowed = components['responses']['MethodNotAllowed'];
export type ResponseMisdirected = components['responses']['Misdirected'];
export type ResponseNotModified = components['responses']['NotModified'];
export type ResponseRateLimited = components['responses']['RateLimited'];
export type ResponseRequestTimeout = components['responses']['RequestTimeout'];
export type ResponseUnauthenticated = components['responses']['Unauthenticated'];
export type ResponseUnsupportedMediaType = components['responses']['UnsupportedMediaType'];
export type ResponseUriTooLong = components['responses']['UriTooLong'];
export type $defs = Record<string, never>;
export interface operations {
    getLiveness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It makes progress. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        checks: {
                            [key: string]: {
                                reason?: string;
                                state: string;
                            };
                        };
                        /** @enum {string} */
                        status: "up" | "down";
                    };
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description Restart it. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        checks: {
                            [key: string]: {
                                reason?: string;
                                state: string;
                            };
                        };
                        /** @enum {string} */
                        status: "up" | "down";
                    };
                };
            };
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Send requests here. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        checks: {
                            [key: string]: {
                                reason?: string;
                                state: string;
                            };
                        };
                        /** @enum {string} */
                        status: "up" | "down";
                    };
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description Send requests to another instance. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        checks: {
                            [key: string]: {
                                reason?: string;
                                state: string;
                            };
                        };
                        /** @enum {string} */
                        status: "up" | "down";
                    };
                };
            };
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The metrics. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
        };
    };
    listAnnotations: {
        parameters: {
            query?: {
                /** @description Where to continue: `next_cursor` of the previous page. Opaque; keep the other parameters the same. */
                cursor?: string;
                /**
                 * @description Equipment that ran the inspection.
                 * @example AOI-03
                 */
                equipment_id?: string;
                /**
                 * @description Notes that reach to this time or later.
                 * @example 2026-03-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description Maximum number of items on a page.
                 * @example 50
                 */
                limit?: number;
                /**
                 * @description Notes on charts of this measurement, and those that name none.
                 * @example gate_cd
                 */
                parameter?: string;
                /**
                 * @description Product.
                 * @example CQ-1000
                 */
                product?: string;
                /**
                 * @description Site (fab) that sent the events. Several sites may use the same lot name.
                 * @example fab-1
                 */
                site?: string;
                /**
                 * @description Step (operation) in the route.
                 * @example final-test
                 */
                step?: string;
                /**
                 * @description Notes that begin before this time.
                 * @example 2026-04-01T00:00:00Z
                 */
                to?: string;
                /** @description yes: withdrawn ones, too. */
                withdrawn?: "no" | "yes";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnnotationPage"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createAnnotation: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnnotationRequest"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    /** @description Path of the new item. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Annotation"];
                };
            };
            /** @description `invalid_body`, `ambiguous_parameter`, `ambiguous_type`: `errors` point into the body. `malformed_request`: the body is not JSON. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `not_found`: The note was removed right after it was stored. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`, `query_timeout`: try again. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getAnnotation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of an annotation.
                 * @example 0d6a2d1c-8a4e-4c43-9d53-0f8f4a3b2c11
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Annotation"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `not_found`: There is no annotation with this id. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    withdrawAnnotation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of an annotation.
                 * @example 0d6a2d1c-8a4e-4c43-9d53-0f8f4a3b2c11
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnnotationWithdrawal"];
            };
        };
        responses: {
            /** @description What is stored. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Annotation"];
                };
            };
            /** @description `invalid_body`, `ambiguous_parameter`, `ambiguous_type`: `errors` point into the body. `malformed_request`: the body is not JSON. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `not_found`: There is no annotation with this id. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`, `query_timeout`: try again. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAudit: {
        parameters: {
            query?: {
                /**
                 * @description What was done.
                 * @example parameter.create
                 */
                action?: string;
                /**
                 * @description Who made the change.
                 * @example key:line-7 (chip_0123456789)
                 */
                actor?: string;
                /** @description Where to continue: `next_cursor` of the previous page. Opaque; keep the other parameters the same. */
                cursor?: string;
                /**
                 * @description Only items with been recorded at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2026-01-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description Maximum number of items on a page.
                 * @example 50
                 */
                limit?: number;
                /**
                 * @description One hash chain.
                 * @example api
                 */
                stream?: string;
                /**
                 * @description What was changed.
                 * @example parameter:0d6a2d1c-8a4e-5c43-9d53-0f8f4a3b2c11
                 */
                subject?: string;
                /**
                 * @description Only items with been recorded before this time.
                 * @example 2026-02-01T00:00:00Z
                 */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditPage"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    verifyAudit: {
        parameters: {
            query?: {
                /**
                 * @description One hash chain; absent: all of them.
                 * @example api
                 */
                stream?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditVerification"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getBinPareto: {
        parameters: {
            query?: {
                /**
                 * @description Answer from what was known at this time: events that were received later do not count. Goes back as far as former states are kept (`former_attempts`).
                 * @example 2026-11-26T06:00:00Z
                 */
                as_at?: string;
                /**
                 * @description hard: physical disposition of the unit. soft: logical cause of a failure.
                 * @example hard
                 */
                bin?: "hard" | "soft";
                /**
                 * @description Whose days, weeks and months: utc (default), or production = those of the calendar of the site (`/v1/calendars`). Shifts are always of production.
                 * @example production
                 */
                calendar?: "utc" | "production";
                /**
                 * @description Equipment that ran the inspection. Repeat it to match any of several.
                 * @example [
                 *       "AOI-03"
                 *     ]
                 */
                equipment_id?: string[];
                /**
                 * @description Only items with completed at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2008-07-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description One group per value of the chosen attempt; hours, days, ISO weeks and months are UTC unless calendar=production. shift needs a production calendar, zone a wafer geometry. Absent: totals only.
                 * @example lot
                 */
                group_by?: "hour" | "day" | "week" | "month" | "shift" | "lot" | "wafer" | "equipment" | "inspection_type" | "product" | "step" | "recipe" | "site" | "zone";
                /**
                 * @description Inspection type. Repeat it to match any of several.
                 * @example [
                 *       "electrical"
                 *     ]
                 */
                inspection_type?: string[];
                /**
                 * @description Lot, by the name that machines use. Repeat it to match any of several.
                 * @example [
                 *       "LOT-2008-07-19"
                 *     ]
                 */
                lot_id?: string[];
                /**
                 * @description Which attempt represents a unit that was tested more than once, chosen from the unit's whole history; all: every attempt counts.
                 * @example last
                 */
                policy?: "last" | "first" | "best" | "worst" | "all";
                /**
                 * @description Product. Repeat it to match any of several.
                 * @example [
                 *       "CQ-1000"
                 *     ]
                 */
                product?: string[];
                /**
                 * @description Recipe that the equipment ran. Repeat it to match any of several.
                 * @example [
                 *       "CD-17"
                 *     ]
                 */
                recipe?: string[];
                /**
                 * @description Only attempts with this verdict: fail excludes the pass bins from counts and shares.
                 * @example fail
                 */
                result?: "pass" | "fail";
                /**
                 * @description Site (fab) that sent the events; empty for events that name none. Several sites may use the same lot name. Repeat it to match any of several.
                 * @example [
                 *       "fab-1"
                 *     ]
                 */
                site?: string[];
                /**
                 * @description Step (operation) in the route; empty: attempts without a step. The policy then chooses among the attempts of a unit at this step. Repeat it to match any of several.
                 * @example [
                 *       "final-test"
                 *     ]
                 */
                step?: ("" | string)[];
                /**
                 * @description Only items with completed before this time.
                 * @example 2008-11-01T00:00:00Z
                 */
                to?: string;
                /**
                 * @description Only this many of the most frequent; the rest is summed up in `other`.
                 * @example 10
                 */
                top?: number;
                /**
                 * @description With group_by=zone, which zones (default ring). ring: 1 = innermost of the rings of equal width, by the centre of the die; excluded = reaches into the edge exclusion. quadrant: Q1 = upper right, then counter-clockwise, with the notch at the bottom; each quadrant has the half axis that it begins with; centre; excluded. edge: inside, or excluded = reaches into the edge exclusion. reticle: column,row of the die in its exposure, from 0; excluded.
                 * @example quadrant
                 */
                zones?: "ring" | "quadrant" | "edge" | "reticle";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BinPareto"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listCalendars: {
        parameters: {
            query?: {
                /** @description Where to continue: `next_cursor` of the previous page. Opaque; keep the other parameters the same. */
                cursor?: string;
                /**
                 * @description Only the versions that hold at this time.
                 * @example 2026-03-02T00:00:00Z
                 */
                in_force_at?: string;
                /**
                 * @description Maximum number of items on a page.
                 * @example 50
                 */
                limit?: number;
                /**
                 * @description Site (fab) that sent the events. Several sites may use the same lot name.
                 * @example fab-1
                 */
                site?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CalendarPage"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    storeCalendar: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CalendarRequest"];
            };
        };
        responses: {
            /** @description What is stored. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Calendar"];
                };
            };
            /** @description `invalid_body`, `ambiguous_parameter`, `ambiguous_type`: `errors` point into the body. `malformed_request`: the body is not JSON. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `not_found`: There is no version to withdraw. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            /** @description `version_conflict`: the version cuts into a range that ended, or differs from one with the same start. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`, `query_timeout`: try again. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getCapabilities: {
        parameters: {
            query: {
                /**
                 * @description Answer from what was known at this time: events that were received later do not count. Goes back as far as former states are kept (`former_attempts`).
                 * @example 2026-11-26T06:00:00Z
                 */
                as_at?: string;
                /**
                 * @description Equipment that ran the inspection. Repeat it to match any of several.
                 * @example [
                 *       "AOI-03"
                 *     ]
                 */
                equipment_id?: string[];
                /**
                 * @description Only items with completed at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2008-07-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description Inspection type. Repeat it to match any of several.
                 * @example [
                 *       "electrical"
                 *     ]
                 */
                inspection_type?: string[];
                /**
                 * @description Lot, by the name that machines use. Repeat it to match any of several.
                 * @example [
                 *       "LOT-2008-07-19"
                 *     ]
                 */
                lot_id?: string[];
                /**
                 * @description yes: combine different inspection types, steps and recipes, which are otherwise `ambiguous`. Different units are never combined.
                 * @example yes
                 */
                mix?: "yes";
                /**
                 * @description Which attempt represents a unit that was tested more than once, chosen from the unit's whole history; all: every attempt counts.
                 * @example last
                 */
                policy?: "last" | "first" | "best" | "worst" | "all";
                /**
                 * @description Product whose parameters to judge.
                 * @example CQ-1000
                 */
                product: string;
                /**
                 * @description Recipe that the equipment ran. Repeat it to match any of several.
                 * @example [
                 *       "CD-17"
                 *     ]
                 */
                recipe?: string[];
                /**
                 * @description Site (fab) that sent the events; empty for events that name none. Several sites may use the same lot name. Repeat it to match any of several.
                 * @example [
                 *       "fab-1"
                 *     ]
                 */
                site?: string[];
                /**
                 * @description Step (operation) in the route; empty: attempts without a step. The policy then chooses among the attempts of a unit at this step. Repeat it to match any of several.
                 * @example [
                 *       "final-test"
                 *     ]
                 */
                step?: ("" | string)[];
                /**
                 * @description Only items with completed before this time.
                 * @example 2008-11-01T00:00:00Z
                 */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Capabilities"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getCapability: {
        parameters: {
            query: {
                /**
                 * @description Answer from what was known at this time: events that were received later do not count. Goes back as far as former states are kept (`former_attempts`).
                 * @example 2026-11-26T06:00:00Z
                 */
                as_at?: string;
                /**
                 * @description Moving ranges do not span a change of this. Default: lot for single values if a lot has several, else none.
                 * @example none
                 */
                break_at?: "none" | "lot" | "wafer" | "product";
                /**
                 * @description Equipment that ran the inspection. Repeat it to match any of several.
                 * @example [
                 *       "AOI-03"
                 *     ]
                 */
                equipment_id?: string[];
                /**
                 * @description Only items with completed at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2008-07-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description Inspection type. Repeat it to match any of several.
                 * @example [
                 *       "electrical"
                 *     ]
                 */
                inspection_type?: string[];
                /**
                 * @description Lot, by the name that machines use. Repeat it to match any of several.
                 * @example [
                 *       "LOT-2008-07-19"
                 *     ]
                 */
                lot_id?: string[];
                /**
                 * @description Lower specification limit.
                 * @example 2800
                 */
                lsl?: number;
                /**
                 * @description yes: combine different units, inspection types, products, steps and recipes instead of refusing to.
                 * @example yes
                 */
                mix?: "yes";
                /**
                 * @description Name of the measurement.
                 * @example s000
                 */
                parameter: string;
                /**
                 * @description Which attempt represents a unit that was tested more than once, chosen from the unit's whole history; all: every attempt counts.
                 * @example last
                 */
                policy?: "last" | "first" | "best" | "worst" | "all";
                /**
                 * @description Product. Repeat it to match any of several.
                 * @example [
                 *       "CQ-1000"
                 *     ]
                 */
                product?: string[];
                /**
                 * @description Recipe that the equipment ran. Repeat it to match any of several.
                 * @example [
                 *       "CD-17"
                 *     ]
                 */
                recipe?: string[];
                /**
                 * @description Estimator of sigma within subgroups. weighted (default): mean of R/d2(n) or S/c4(n), each weighted by the inverse of its variance. mean: the same without weights. pooled: root of the pooled variance / c4.
                 * @example weighted
                 */
                sigma_method?: "weighted" | "mean" | "pooled";
                /**
                 * @description Site (fab) that sent the events; empty for events that name none. Several sites may use the same lot name. Repeat it to match any of several.
                 * @example [
                 *       "fab-1"
                 *     ]
                 */
                site?: string[];
                /**
                 * @description Step (operation) in the route; empty: attempts without a step. The policy then chooses among the attempts of a unit at this step. Repeat it to match any of several.
                 * @example [
                 *       "final-test"
                 *     ]
                 */
                step?: ("" | string)[];
                /**
                 * @description How to form samples: by lot, wafer or day (UTC), or a number of consecutive values. Default 1 for imr, ewma, cusum and capability, else lot.
                 * @example lot
                 */
                subgroup?: string;
                /**
                 * @description Target, for Cpm and Ppm; within the limits.
                 * @example 3000
                 */
                target?: number;
                /**
                 * @description Only items with completed before this time.
                 * @example 2008-11-01T00:00:00Z
                 */
                to?: string;
                /**
                 * @description Upper specification limit.
                 * @example 3200
                 */
                usl?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProcessCapability"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    evaluateCapability: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CapabilityRequest"];
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Capability"];
                };
            };
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listControlLimits: {
        parameters: {
            query?: {
                /**
                 * @description Kind of chart.
                 * @example imr
                 */
                chart?: "xbar_r" | "xbar_s" | "imr" | "between_within" | "p" | "np" | "c" | "u" | "p_prime" | "u_prime" | "ewma" | "cusum";
                /** @description Where to continue: `next_cursor` of the previous page. Opaque; keep the other parameters the same. */
                cursor?: string;
                /**
                 * @description Equipment that ran the inspection.
                 * @example AOI-03
                 */
                equipment_id?: string;
                /**
                 * @description Inspection type.
                 * @example electrical
                 */
                inspection_type?: string;
                /**
                 * @description Maximum number of items on a page.
                 * @example 50
                 */
                limit?: number;
                /**
                 * @description Name of the measurement.
                 * @example s000
                 */
                parameter?: string;
                /**
                 * @description Product.
                 * @example CQ-1000
                 */
                product?: string;
                /**
                 * @description Recipe that the equipment ran.
                 * @example CD-17
                 */
                recipe?: string;
                /**
                 * @description Site (fab) that sent the events. Several sites may use the same lot name.
                 * @example fab-1
                 */
                site?: string;
                /**
                 * @description Step (operation) in the route.
                 * @example final-test
                 */
                step?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ControlLimitsPage"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createControlLimits: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ControlLimitsRequest"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    /** @description Path of the new item. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ControlLimits"];
                };
            };
            /** @description `invalid_body`, `ambiguous_parameter`, `ambiguous_type`: `errors` point into the body. `malformed_request`: the body is not JSON. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `not_found`: The limits were removed right after they were stored. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`, `query_timeout`: try again. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getControlLimits: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of control limits.
                 * @example 0d6a2d1c-8a4e-4c43-9d53-0f8f4a3b2c11
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ControlLimits"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `not_found`: There are no control limits with this id. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDeadLetters: {
        parameters: {
            query?: {
                /**
                 * @description Refusal code; empty for records that are not dead letters.
                 * @example schema_violation
                 */
                code?: string;
                /** @description Where to continue: `next_cursor` of the previous page. Opaque; keep the other parameters the same. */
                cursor?: string;
                /**
                 * @description Where the event was refused, as a group states it; empty: where the refusal names no place.
                 * @example /service_name
                 */
                field?: string;
                /**
                 * @description Only items with been refused at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2026-01-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description Maximum number of items on a page.
                 * @example 50
                 */
                limit?: number;
                /**
                 * @description Service of a sample, equipment of an inspection; empty: where the event does not say.
                 * @example etcher-07
                 */
                machine?: string;
                /**
                 * @description Service that refused the event: ingest or writer; empty if the record does not say.
                 * @example ingest
                 */
                stage?: string;
                /**
                 * @description Only items with been refused before this time.
                 * @example 2026-02-01T00:00:00Z
                 */
                to?: string;
                /**
                 * @description Machine topic of the refused event.
                 * @example telemetry.samples.v1
                 */
                topic?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLetterPage"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDeadLetter: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Offset there.
                 * @example 7
                 */
                offset: number;
                /**
                 * @description Partition of its dead-letter topic.
                 * @example 0
                 */
                partition: number;
                /**
                 * @description Machine topic of the refused event.
                 * @example telemetry.samples.v1
                 */
                topic: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLetter"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `not_found`: There is no dead letter at this place, or its topic no longer has it. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    evaluateDeadLetters: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DeadLetterDryRunRequest"];
            };
        };
        responses: {
            /** @description What is stored. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLetterDryRun"];
                };
            };
            /** @description `invalid_body`, `ambiguous_parameter`, `ambiguous_type`: `errors` point into the body. `malformed_request`: the body is not JSON. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `not_found`: There is no dead-letter topic of this topic. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`, `query_timeout`: try again. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDeadLetterGroups: {
        parameters: {
            query?: {
                /**
                 * @description Refusal code; empty for records that are not dead letters.
                 * @example schema_violation
                 */
                code?: string;
                /**
                 * @description Where the event was refused, as a group states it; empty: where the refusal names no place.
                 * @example /service_name
                 */
                field?: string;
                /**
                 * @description Only items with been refused at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2026-01-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description Service of a sample, equipment of an inspection; empty: where the event does not say.
                 * @example etcher-07
                 */
                machine?: string;
                /**
                 * @description Service that refused the event: ingest or writer; empty if the record does not say.
                 * @example ingest
                 */
                stage?: string;
                /**
                 * @description Only items with been refused before this time.
                 * @example 2026-02-01T00:00:00Z
                 */
                to?: string;
                /**
                 * @description Machine topic of the refused event.
                 * @example telemetry.samples.v1
                 */
                topic?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLetterGroups"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listReplays: {
        parameters: {
            query?: {
                /** @description Where to continue: `next_cursor` of the previous page. Opaque; keep the other parameters the same. */
                cursor?: string;
                /**
                 * @description Maximum number of items on a page.
                 * @example 50
                 */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLetterReplayPage"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createReplay: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DeadLetterReplayRequest"];
            };
        };
        responses: {
            /** @description Started. */
            202: {
                headers: {
                    /** @description Path of its state. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLetterReplay"];
                };
            };
            /** @description `invalid_body`, `ambiguous_parameter`, `ambiguous_type`: `errors` point into the body. `malformed_request`: the body is not JSON. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`, `query_timeout`: try again. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getReplay: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the replay.
                 * @example 5f0f7a0e-6a3e-4a3e-9d62-0c8a7c6a2f11
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLetterReplay"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `not_found`: There is no replay with this id. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDefectDensity: {
        parameters: {
            query?: {
                /**
                 * @description Answer from what was known at this time: events that were received later do not count. Goes back as far as former states are kept (`former_attempts`).
                 * @example 2026-11-26T06:00:00Z
                 */
                as_at?: string;
                /**
                 * @description Whose days, weeks and months: utc (default), or production = those of the calendar of the site (`/v1/calendars`). Shifts are always of production.
                 * @example production
                 */
                calendar?: "utc" | "production";
                /**
                 * @description Equipment that ran the inspection. Repeat it to match any of several.
                 * @example [
                 *       "AOI-03"
                 *     ]
                 */
                equipment_id?: string[];
                /**
                 * @description Only items with completed at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2008-07-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description One group per value of the chosen attempt; hours, days, ISO weeks and months are UTC unless calendar=production. shift needs a production calendar, zone a wafer geometry. Absent: totals only.
                 * @example lot
                 */
                group_by?: "hour" | "day" | "week" | "month" | "shift" | "lot" | "wafer" | "equipment" | "inspection_type" | "product" | "step" | "recipe" | "site" | "zone";
                /**
                 * @description Inspection type. Repeat it to match any of several.
                 * @example [
                 *       "electrical"
                 *     ]
                 */
                inspection_type?: string[];
                /**
                 * @description Lot, by the name that machines use. Repeat it to match any of several.
                 * @example [
                 *       "LOT-2008-07-19"
                 *     ]
                 */
                lot_id?: string[];
                /**
                 * @description Which attempt represents a unit that was tested more than once, chosen from the unit's whole history; all: every attempt counts.
                 * @example last
                 */
                policy?: "last" | "first" | "best" | "worst" | "all";
                /**
                 * @description Product. Repeat it to match any of several.
                 * @example [
                 *       "CQ-1000"
                 *     ]
                 */
                product?: string[];
                /**
                 * @description Recipe that the equipment ran. Repeat it to match any of several.
                 * @example [
                 *       "CD-17"
                 *     ]
                 */
                recipe?: string[];
                /**
                 * @description Site (fab) that sent the events; empty for events that name none. Several sites may use the same lot name. Repeat it to match any of several.
                 * @example [
                 *       "fab-1"
                 *     ]
                 */
                site?: string[];
                /**
                 * @description Step (operation) in the route; empty: attempts without a step. The policy then chooses among the attempts of a unit at this step. Repeat it to match any of several.
                 * @example [
                 *       "final-test"
                 *     ]
                 */
                step?: ("" | string)[];
                /**
                 * @description Only items with completed before this time.
                 * @example 2008-11-01T00:00:00Z
                 */
                to?: string;
                /**
                 * @description Only this many of the greatest groups, by key; the rest is summed up in `other`.
                 * @example 20
                 */
                top?: number;
                /**
                 * @description With group_by=zone, which zones (default ring). ring: 1 = innermost of the rings of equal width, by the centre of the die; excluded = reaches into the edge exclusion. quadrant: Q1 = upper right, then counter-clockwise, with the notch at the bottom; each quadrant has the half axis that it begins with; centre; excluded. edge: inside, or excluded = reaches into the edge exclusion. reticle: column,row of the die in its exposure, from 0; excluded.
                 * @example quadrant
                 */
                zones?: "ring" | "quadrant" | "edge" | "reticle";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DefectDensity"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDefectPareto: {
        parameters: {
            query?: {
                /**
                 * @description Answer from what was known at this time: events that were received later do not count. Goes back as far as former states are kept (`former_attempts`).
                 * @example 2026-11-26T06:00:00Z
                 */
                as_at?: string;
                /**
                 * @description What to count by.
                 * @example class
                 */
                by?: "class" | "equipment" | "lot" | "severity";
                /**
                 * @description Whose days, weeks and months: utc (default), or production = those of the calendar of the site (`/v1/calendars`). Shifts are always of production.
                 * @example production
                 */
                calendar?: "utc" | "production";
                /**
                 * @description Equipment that ran the inspection. Repeat it to match any of several.
                 * @example [
                 *       "AOI-03"
                 *     ]
                 */
                equipment_id?: string[];
                /**
                 * @description Only items with completed at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2008-07-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description One group per value of the chosen attempt; hours, days, ISO weeks and months are UTC unless calendar=production. shift needs a production calendar, zone a wafer geometry. Absent: totals only.
                 * @example lot
                 */
                group_by?: "hour" | "day" | "week" | "month" | "shift" | "lot" | "wafer" | "equipment" | "inspection_type" | "product" | "step" | "recipe" | "site" | "zone";
                /**
                 * @description Inspection type. Repeat it to match any of several.
                 * @example [
                 *       "electrical"
                 *     ]
                 */
                inspection_type?: string[];
                /**
                 * @description Lot, by the name that machines use. Repeat it to match any of several.
                 * @example [
                 *       "LOT-2008-07-19"
                 *     ]
                 */
                lot_id?: string[];
                /**
                 * @description Which attempt represents a unit that was tested more than once, chosen from the unit's whole history; all: every attempt counts.
                 * @example last
                 */
                policy?: "last" | "first" | "best" | "worst" | "all";
                /**
                 * @description Product. Repeat it to match any of several.
                 * @example [
                 *       "CQ-1000"
                 *     ]
                 */
                product?: string[];
                /**
                 * @description Recipe that the equipment ran. Repeat it to match any of several.
                 * @example [
                 *       "CD-17"
                 *     ]
                 */
                recipe?: string[];
                /**
                 * @description Site (fab) that sent the events; empty for events that name none. Several sites may use the same lot name. Repeat it to match any of several.
                 * @example [
                 *       "fab-1"
                 *     ]
                 */
                site?: string[];
                /**
                 * @description Step (operation) in the route; empty: attempts without a step. The policy then chooses among the attempts of a unit at this step. Repeat it to match any of several.
                 * @example [
                 *       "final-test"
                 *     ]
                 */
                step?: ("" | string)[];
                /**
                 * @description Only items with completed before this time.
                 * @example 2008-11-01T00:00:00Z
                 */
                to?: string;
                /**
                 * @description Only this many of the most frequent; the rest is summed up in `other`.
                 * @example 10
                 */
                top?: number;
                /**
                 * @description With group_by=zone, which zones (default ring). ring: 1 = innermost of the rings of equal width, by the centre of the die; excluded = reaches into the edge exclusion. quadrant: Q1 = upper right, then counter-clockwise, with the notch at the bottom; each quadrant has the half axis that it begins with; centre; excluded. edge: inside, or excluded = reaches into the edge exclusion. reticle: column,row of the die in its exposure, from 0; excluded.
                 * @example quadrant
                 */
                zones?: "ring" | "quadrant" | "edge" | "reticle";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DefectPareto"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listEquipment: {
        parameters: {
            query?: {
                /** @description Where to continue: `next_cursor` of the previous page. Opaque; keep the other parameters the same. */
                cursor?: string;
                /**
                 * @description Maximum number of items on a page.
                 * @example 50
                 */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EquipmentPage"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listEquipmentUnits: {
        parameters: {
            query?: {
                /** @description Where to continue: `next_cursor` of the previous page. Opaque; keep the other parameters the same. */
                cursor?: string;
                /**
                 * @description Only items with occurred_at at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2026-03-02T08:00:00Z
                 */
                from?: string;
                /**
                 * @description Maximum number of items on a page.
                 * @example 50
                 */
                limit?: number;
                /**
                 * @description Only items with occurred_at before this time.
                 * @example 2026-03-03T08:00:00Z
                 */
                to?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Equipment that ran the inspection.
                 * @example AOI-03
                 */
                equipment_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EquipmentUnits"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    compareEquipment: {
        parameters: {
            query?: {
                /**
                 * @description Answer from what was known at this time: events that were received later do not count. Goes back as far as former states are kept (`former_attempts`).
                 * @example 2026-11-26T06:00:00Z
                 */
                as_at?: string;
                /**
                 * @description Equipment that ran the inspection. Repeat it to match any of several.
                 * @example [
                 *       "AOI-03"
                 *     ]
                 */
                equipment_id?: string[];
                /**
                 * @description Only items with completed at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2008-07-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description Inspection type. Repeat it to match any of several.
                 * @example [
                 *       "electrical"
                 *     ]
                 */
                inspection_type?: string[];
                /**
                 * @description Lot, by the name that machines use. Repeat it to match any of several.
                 * @example [
                 *       "LOT-2008-07-19"
                 *     ]
                 */
                lot_id?: string[];
                /**
                 * @description Which attempt represents a unit that was tested more than once, chosen from the unit's whole history; the unit counts for its equipment.
                 * @example last
                 */
                policy?: "last" | "first" | "best" | "worst" | "all";
                /**
                 * @description Product. Repeat it to match any of several.
                 * @example [
                 *       "CQ-1000"
                 *     ]
                 */
                product?: string[];
                /**
                 * @description Recipe that the equipment ran. Repeat it to match any of several.
                 * @example [
                 *       "CD-17"
                 *     ]
                 */
                recipe?: string[];
                /**
                 * @description What to compare: yields of lots, or of wafers. Use wafers only where the equipment processes each wafer of a lot on its own.
                 * @example lot
                 */
                sample?: "lot" | "wafer";
                /**
                 * @description Site (fab) that sent the events; empty for events that name none. Several sites may use the same lot name. Repeat it to match any of several.
                 * @example [
                 *       "fab-1"
                 *     ]
                 */
                site?: string[];
                /**
                 * @description Step (operation) in the route; empty: attempts without a step. The policy then chooses among the attempts of a unit at this step. Repeat it to match any of several.
                 * @example [
                 *       "final-test"
                 *     ]
                 */
                step?: ("" | string)[];
                /**
                 * @description Only items with completed before this time.
                 * @example 2008-11-01T00:00:00Z
                 */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EquipmentComparison"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getEvents: {
        parameters: {
            query?: {
                /**
                 * @description The stream ends after this time; connect again. 0: the positions of now, and the end.
                 * @example 60
                 */
                seconds?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": unknown;
                };
            };
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`: try again. `overloaded`: too many streams are open. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exportInspections: {
        parameters: {
            query?: {
                /**
                 * @description Goes on behind the inspection with this id: the last one of a download that was cut. A new snapshot, in the order of created_at, which is machine time: an inspection that since then arrived with an earlier time, or got one by a late event, is in neither part.
                 * @example 01920000-0000-7000-8000-000000000000
                 */
                after?: string;
                /**
                 * @description 1: CSV begins with a byte order mark, so that Excel reads it as UTF-8. Other formats never have one.
                 * @example 1
                 */
                bom?: "1";
                /**
                 * @description 1: csv ends with a line `# rows: n`, ndjson with `{"rows":n}`, so that a client that cannot read trailers knows that nothing is missing. Parquet and Arrow state it by themselves.
                 * @example 1
                 */
                count?: "1";
                /**
                 * @description Equipment that ran the inspection.
                 * @example AOI-03
                 */
                equipment_id?: string;
                /**
                 * @description csv: RFC 4180 with a header line; null is empty, empty text is "". ndjson: one JSON object per line. parquet: typed columns, times in microseconds (UTC), texts as stored, compressed with Zstandard. arrow: the same columns and types as an Arrow IPC stream.
                 * @example csv
                 */
                format?: "csv" | "ndjson" | "parquet" | "arrow";
                /**
                 * @description Only items with created_at at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2008-07-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description Inspection type.
                 * @example electrical
                 */
                inspection_type?: string;
                /**
                 * @description Lot, by the name that machines use.
                 * @example LOT-2008-07-19
                 */
                lot_id?: string;
                /**
                 * @description Product.
                 * @example CQ-1000
                 */
                product?: string;
                /**
                 * @description 1: texts exactly as stored, for programs. By default an apostrophe precedes CSV text that a spreadsheet would run as a formula (it begins with =, +, -, @, tab or return).
                 * @example 1
                 */
                raw?: "1";
                /**
                 * @description Verdict on the chip.
                 * @example fail
                 */
                result?: "pass" | "fail";
                /**
                 * @description Site (fab) that sent the events; empty for events that name none. Several sites may use the same lot name.
                 * @example fab-1
                 */
                site?: string;
                /**
                 * @description State of the run.
                 * @example completed
                 */
                status?: "pending" | "in_progress" | "completed" | "failed" | "cancelled" | "voided";
                /**
                 * @description Step (operation) in the route.
                 * @example final-test
                 */
                step?: string;
                /**
                 * @description Only items with created_at before this time.
                 * @example 2008-11-01T00:00:00Z
                 */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The rows. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.apache.arrow.stream": unknown;
                    "application/vnd.apache.parquet": unknown;
                    "application/x-ndjson": string;
                    "text/csv": string;
                };
            };
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`: try again. `overloaded`: too many exports are running. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exportMeasurements: {
        parameters: {
            query?: {
                /**
                 * @description 1: CSV begins with a byte order mark, so that Excel reads it as UTF-8. Other formats never have one.
                 * @example 1
                 */
                bom?: "1";
                /**
                 * @description 1: csv ends with a line `# rows: n`, ndjson with `{"rows":n}`, so that a client that cannot read trailers knows that nothing is missing. Parquet and Arrow state it by themselves.
                 * @example 1
                 */
                count?: "1";
                /**
                 * @description Equipment that ran the inspection.
                 * @example AOI-03
                 */
                equipment_id?: string;
                /**
                 * @description csv: RFC 4180 with a header line; null is empty, empty text is "". ndjson: one JSON object per line. parquet: typed columns, times in microseconds (UTC), texts as stored, compressed with Zstandard. arrow: the same columns and types as an Arrow IPC stream.
                 * @example csv
                 */
                format?: "csv" | "ndjson" | "parquet" | "arrow";
                /**
                 * @description Only items with its time at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2008-07-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description Inspection type.
                 * @example electrical
                 */
                inspection_type?: string;
                /**
                 * @description Lot, by the name that machines use.
                 * @example LOT-2008-07-19
                 */
                lot_id?: string;
                /**
                 * @description Name of the measurement.
                 * @example s000
                 */
                name?: string;
                /**
                 * @description time: ascending by time; else in no particular order, which is faster. A download that was cut goes on with `from` = the time of its last row, whose rows come again: drop those that you have. Rows of the same time always come in the same order.
                 * @example time
                 */
                order?: "time";
                /**
                 * @description Product.
                 * @example CQ-1000
                 */
                product?: string;
                /**
                 * @description 1: texts exactly as stored, for programs. By default an apostrophe precedes CSV text that a spreadsheet would run as a formula (it begins with =, +, -, @, tab or return).
                 * @example 1
                 */
                raw?: "1";
                /**
                 * @description Site (fab) that sent the events; empty for events that name none. Several sites may use the same lot name.
                 * @example fab-1
                 */
                site?: string;
                /**
                 * @description Step (operation) in the route.
                 * @example final-test
                 */
                step?: string;
                /**
                 * @description Only items with its time before this time.
                 * @example 2008-11-01T00:00:00Z
                 */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The rows. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.apache.arrow.stream": unknown;
                    "application/vnd.apache.parquet": unknown;
                    "application/x-ndjson": string;
                    "text/csv": string;
                };
            };
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`: try again. `overloaded`: too many exports are running. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exportTelemetry: {
        parameters: {
            query: {
                /**
                 * @description 1: CSV begins with a byte order mark, so that Excel reads it as UTF-8. Other formats never have one.
                 * @example 1
                 */
                bom?: "1";
                /**
                 * @description 1: csv ends with a line `# rows: n`, ndjson with `{"rows":n}`, so that a client that cannot read trailers knows that nothing is missing. Parquet and Arrow state it by themselves.
                 * @example 1
                 */
                count?: "1";
                /**
                 * @description csv: RFC 4180 with a header line; null is empty, empty text is "". ndjson: one JSON object per line. parquet: typed columns, times in microseconds (UTC), texts as stored, compressed with Zstandard. arrow: the same columns and types as an Arrow IPC stream.
                 * @example csv
                 */
                format?: "csv" | "ndjson" | "parquet" | "arrow";
                /**
                 * @description Only items with its time at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2026-03-02T08:00:00Z
                 */
                from: string;
                /**
                 * @description Host that sent the samples.
                 * @example fab1-gw2
                 */
                host?: string;
                /**
                 * @description Metric.
                 * @example response_time_ms
                 */
                metric_name?: string;
                /**
                 * @description time: ascending by time; else in no particular order, which is faster. A download that was cut goes on with `from` = the time of its last row, whose rows come again: drop those that you have. Rows of the same time always come in the same order.
                 * @example time
                 */
                order?: "time";
                /**
                 * @description 1: texts exactly as stored, for programs. By default an apostrophe precedes CSV text that a spreadsheet would run as a formula (it begins with =, +, -, @, tab or return).
                 * @example 1
                 */
                raw?: "1";
                /**
                 * @description Equipment or service that was measured.
                 * @example AOI-03
                 */
                service_name?: string;
                /**
                 * @description Only items with its time before this time.
                 * @example 2026-03-02T09:00:00Z
                 */
                to: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The rows. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.apache.arrow.stream": unknown;
                    "application/vnd.apache.parquet": unknown;
                    "application/x-ndjson": string;
                    "text/csv": string;
                };
            };
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`: try again. `overloaded`: too many exports are running. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    evaluateGaugeRr: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GaugeRequest"];
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GaugeStudy"];
                };
            };
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listInspections: {
        parameters: {
            query?: {
                /**
                 * @description Chip, by the name that machines use.
                 * @example run-0001
                 */
                chip_id?: string;
                /** @description Where to continue: `next_cursor` of the previous page. Opaque; keep the other parameters the same. */
                cursor?: string;
                /**
                 * @description Column of the die on its wafer, in steps as the machine counts them.
                 * @example 12
                 */
                die_x?: number;
                /**
                 * @description Row of the die on its wafer, in steps as the machine counts them.
                 * @example 12
                 */
                die_y?: number;
                /**
                 * @description Equipment that ran the inspection.
                 * @example AOI-03
                 */
                equipment_id?: string;
                /**
                 * @description Only items with created_at at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2008-07-19T00:00:00Z
                 */
                from?: string;
                /**
                 * @description Inspection type.
                 * @example electrical
                 */
                inspection_type?: string;
                /**
                 * @description Maximum number of items on a page.
                 * @example 50
                 */
                limit?: number;
                /**
                 * @description Lot, by the name that machines use.
                 * @example LOT-2008-07-19
                 */
                lot_id?: string;
                /**
                 * @description Metadata fields as `metadata.<key>=<value>`; a key has letters, digits, `_`, `.`, `-`. Matches the text, and the number, boolean or null that it spells.
                 * @example {
                 *       "metadata.lot_kind": "engineering"
                 *     }
                 */
                metadata?: {
                    [key: string]: string;
                };
                /**
                 * @description Product.
                 * @example CQ-1000
                 */
                product?: string;
                /**
                 * @description Verdict on the chip.
                 * @example fail
                 */
                result?: "pass" | "fail";
                /**
                 * @description Site (fab) that sent the events; empty for events that name none. Several sites may use the same lot name.
                 * @example fab-1
                 */
                site?: string;
                /**
                 * @description State of the run.
                 * @example completed
                 */
                status?: "pending" | "in_progress" | "completed" | "failed" | "cancelled" | "voided";
                /**
                 * @description Step (operation) in the route.
                 * @example final-test
                 */
                step?: string;
                /**
                 * @description Only items with created_at before this time.
                 * @example 2008-07-20T00:00:00Z
                 */
                to?: string;
                /**
                 * @description Wafer, named within its lot.
                 * @example W01
                 */
                wafer_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InspectionPage"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    scheduleInspection: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ScheduleRequest"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    /** @description Path of the new item. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Inspection"];
                };
            };
            /** @description `invalid_body`, `ambiguous_parameter`, `ambiguous_type`: `errors` point into the body. `malformed_request`: the body is not JSON. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `not_found`: The inspection was removed right after it was stored. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            /** @description `duplicate_inspection`: the chip already has an inspection of this type; `Location` leads to it. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`, `query_timeout`: try again. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getInspection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description `id` of an item of the list.
                 * @example 0d6a2d1c-8a4e-5c43-9d53-0f8f4a3b2c11
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Inspection"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `not_found`: There is no inspection with this id. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getLedger: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ledger"];
                };
            };
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listLots: {
        parameters: {
            query?: {
                /** @description Where to continue: `next_cursor` of the previous page. Opaque; keep the other parameters the same. */
                cursor?: string;
                /**
                 * @description Only items with created_at at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2026-03-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description Maximum number of items on a page.
                 * @example 50
                 */
                limit?: number;
                /**
                 * @description Lot, by the name that machines use.
                 * @example LOT-2008-07-19
                 */
                lot_id?: string;
                /**
                 * @description Site (fab) that sent the events; empty for events that name none. Several sites may use the same lot name.
                 * @example fab-1
                 */
                site?: string;
                /**
                 * @description Only items with created_at before this time.
                 * @example 2026-04-01T00:00:00Z
                 */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LotPage"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getLot: {
        parameters: {
            query?: {
                /**
                 * @description Site (fab) that sent the events; empty for events that name none. Several sites may use the same lot name.
                 * @example fab-1
                 */
                site?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Lot, by the name that machines use.
                 * @example LOT-2008-07-19
                 */
                lot_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Lot"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `not_found`: There is no such lot. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getLotMap: {
        parameters: {
            query?: {
                /**
                 * @description Answer from what was known at this time: events that were received later do not count. Goes back as far as former states are kept (`former_attempts`).
                 * @example 2026-11-26T06:00:00Z
                 */
                as_at?: string;
                /**
                 * @description Equipment that ran the inspection. Repeat it to match any of several.
                 * @example [
                 *       "AOI-03"
                 *     ]
                 */
                equipment_id?: string[];
                /**
                 * @description Only items with completed at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2008-07-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description Inspection type. Repeat it to match any of several.
                 * @example [
                 *       "electrical"
                 *     ]
                 */
                inspection_type?: string[];
                /**
                 * @description yes: combine different inspection types, steps, products and units instead of refusing to.
                 * @example yes
                 */
                mix?: "yes";
                /**
                 * @description Which attempt represents a unit that was tested more than once, chosen from the unit's whole history; all: every attempt counts.
                 * @example last
                 */
                policy?: "last" | "first" | "best" | "worst" | "all";
                /**
                 * @description Product. Repeat it to match any of several.
                 * @example [
                 *       "CQ-1000"
                 *     ]
                 */
                product?: string[];
                /**
                 * @description Recipe that the equipment ran. Repeat it to match any of several.
                 * @example [
                 *       "CD-17"
                 *     ]
                 */
                recipe?: string[];
                /**
                 * @description Site (fab) that sent the events; empty for events that name none. Several sites may use the same lot name.
                 * @example fab-1
                 */
                site?: string;
                /**
                 * @description Step (operation) in the route; empty: attempts without a step. The policy then chooses among the attempts of a unit at this step. Repeat it to match any of several.
                 * @example [
                 *       "final-test"
                 *     ]
                 */
                step?: ("" | string)[];
                /**
                 * @description Only items with completed before this time.
                 * @example 2008-11-01T00:00:00Z
                 */
                to?: string;
                /**
                 * @description result, hard_bin, soft_bin, defect_count, or the name of a measurement.
                 * @example hard_bin
                 */
                value?: string;
                /**
                 * @description Adds yield by zone; several separated by commas. ring: 1 = innermost of the rings of equal width, by the centre of the die; excluded = reaches into the edge exclusion. quadrant: Q1 = upper right, then counter-clockwise, with the notch at the bottom; each quadrant has the half axis that it begins with; centre; excluded. edge: inside, or excluded = reaches into the edge exclusion. reticle: column,row of the die in its exposure, from 0; excluded. Needs the geometry of the product (`/v1/wafer-geometries`).
                 * @example ring,quadrant
                 */
                zones?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Lot, by the name that machines use.
                 * @example LOT-2008-07-19
                 */
                lot_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LotMap"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `not_found`: There is no such lot. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getLotMapPng: {
        parameters: {
            query?: {
                /**
                 * @description Answer from what was known at this time: events that were received later do not count. Goes back as far as former states are kept (`former_attempts`).
                 * @example 2026-11-26T06:00:00Z
                 */
                as_at?: string;
                /**
                 * @description Equipment that ran the inspection. Repeat it to match any of several.
                 * @example [
                 *       "AOI-03"
                 *     ]
                 */
                equipment_id?: string[];
                /**
                 * @description Only items with completed at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2008-07-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description Inspection type. Repeat it to match any of several.
                 * @example [
                 *       "electrical"
                 *     ]
                 */
                inspection_type?: string[];
                /**
                 * @description yes: combine different inspection types, steps, products and units instead of refusing to.
                 * @example yes
                 */
                mix?: "yes";
                /**
                 * @description Which attempt represents a unit that was tested more than once, chosen from the unit's whole history; all: every attempt counts.
                 * @example last
                 */
                policy?: "last" | "first" | "best" | "worst" | "all";
                /**
                 * @description Product. Repeat it to match any of several.
                 * @example [
                 *       "CQ-1000"
                 *     ]
                 */
                product?: string[];
                /**
                 * @description Recipe that the equipment ran. Repeat it to match any of several.
                 * @example [
                 *       "CD-17"
                 *     ]
                 */
                recipe?: string[];
                /**
                 * @description Site (fab) that sent the events; empty for events that name none. Several sites may use the same lot name.
                 * @example fab-1
                 */
                site?: string;
                /**
                 * @description Width and height of the wafer, in pixels.
                 * @example 600
                 */
                size?: number;
                /**
                 * @description Step (operation) in the route; empty: attempts without a step. The policy then chooses among the attempts of a unit at this step. Repeat it to match any of several.
                 * @example [
                 *       "final-test"
                 *     ]
                 */
                step?: ("" | string)[];
                /**
                 * @description Only items with completed before this time.
                 * @example 2008-11-01T00:00:00Z
                 */
                to?: string;
                /**
                 * @description result, hard_bin, soft_bin, defect_count, or the name of a measurement.
                 * @example hard_bin
                 */
                value?: string;
                /**
                 * @description Adds yield by zone; several separated by commas. ring: 1 = innermost of the rings of equal width, by the centre of the die; excluded = reaches into the edge exclusion. quadrant: Q1 = upper right, then counter-clockwise, with the notch at the bottom; each quadrant has the half axis that it begins with; centre; excluded. edge: inside, or excluded = reaches into the edge exclusion. reticle: column,row of the die in its exposure, from 0; excluded. Needs the geometry of the product (`/v1/wafer-geometries`).
                 * @example ring,quadrant
                 */
                zones?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Lot, by the name that machines use.
                 * @example LOT-2008-07-19
                 */
                lot_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The picture. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/png": string;
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `not_found`: There is no such lot. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getLotMapSvg: {
        parameters: {
            query?: {
                /**
                 * @description Answer from what was known at this time: events that were received later do not count. Goes back as far as former states are kept (`former_attempts`).
                 * @example 2026-11-26T06:00:00Z
                 */
                as_at?: string;
                /**
                 * @description Equipment that ran the inspection. Repeat it to match any of several.
                 * @example [
                 *       "AOI-03"
                 *     ]
                 */
                equipment_id?: string[];
                /**
                 * @description Only items with completed at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2008-07-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description Inspection type. Repeat it to match any of several.
                 * @example [
                 *       "electrical"
                 *     ]
                 */
                inspection_type?: string[];
                /**
                 * @description yes: combine different inspection types, steps, products and units instead of refusing to.
                 * @example yes
                 */
                mix?: "yes";
                /**
                 * @description Which attempt represents a unit that was tested more than once, chosen from the unit's whole history; all: every attempt counts.
                 * @example last
                 */
                policy?: "last" | "first" | "best" | "worst" | "all";
                /**
                 * @description Product. Repeat it to match any of several.
                 * @example [
                 *       "CQ-1000"
                 *     ]
                 */
                product?: string[];
                /**
                 * @description Recipe that the equipment ran. Repeat it to match any of several.
                 * @example [
                 *       "CD-17"
                 *     ]
                 */
                recipe?: string[];
                /**
                 * @description Site (fab) that sent the events; empty for events that name none. Several sites may use the same lot name.
                 * @example fab-1
                 */
                site?: string;
                /**
                 * @description Width and height of the wafer, in pixels.
                 * @example 600
                 */
                size?: number;
                /**
                 * @description Step (operation) in the route; empty: attempts without a step. The policy then chooses among the attempts of a unit at this step. Repeat it to match any of several.
                 * @example [
                 *       "final-test"
                 *     ]
                 */
                step?: ("" | string)[];
                /**
                 * @description Only items with completed before this time.
                 * @example 2008-11-01T00:00:00Z
                 */
                to?: string;
                /**
                 * @description result, hard_bin, soft_bin, defect_count, or the name of a measurement.
                 * @example hard_bin
                 */
                value?: string;
                /**
                 * @description Adds yield by zone; several separated by commas. ring: 1 = innermost of the rings of equal width, by the centre of the die; excluded = reaches into the edge exclusion. quadrant: Q1 = upper right, then counter-clockwise, with the notch at the bottom; each quadrant has the half axis that it begins with; centre; excluded. edge: inside, or excluded = reaches into the edge exclusion. reticle: column,row of the die in its exposure, from 0; excluded. Needs the geometry of the product (`/v1/wafer-geometries`).
                 * @example ring,quadrant
                 */
                zones?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Lot, by the name that machines use.
                 * @example LOT-2008-07-19
                 */
                lot_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The picture. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/svg+xml": string;
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `not_found`: There is no such lot. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getWaferMaps: {
        parameters: {
            query?: {
                /**
                 * @description Answer from what was known at this time: events that were received later do not count. Goes back as far as former states are kept (`former_attempts`).
                 * @example 2026-11-26T06:00:00Z
                 */
                as_at?: string;
                /**
                 * @description Equipment that ran the inspection. Repeat it to match any of several.
                 * @example [
                 *       "AOI-03"
                 *     ]
                 */
                equipment_id?: string[];
                /**
                 * @description Only items with completed at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2008-07-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description Inspection type. Repeat it to match any of several.
                 * @example [
                 *       "electrical"
                 *     ]
                 */
                inspection_type?: string[];
                /**
                 * @description Which attempt represents a die that was tested more than once; a map has one value per die.
                 * @example last
                 */
                policy?: "last" | "first" | "best" | "worst";
                /**
                 * @description Product. Repeat it to match any of several.
                 * @example [
                 *       "CQ-1000"
                 *     ]
                 */
                product?: string[];
                /**
                 * @description Recipe that the equipment ran. Repeat it to match any of several.
                 * @example [
                 *       "CD-17"
                 *     ]
                 */
                recipe?: string[];
                /**
                 * @description Site (fab) that sent the events; empty for events that name none. Several sites may use the same lot name.
                 * @example fab-1
                 */
                site?: string;
                /**
                 * @description Step (operation) in the route; empty: attempts without a step. The policy then chooses among the attempts of a unit at this step. Repeat it to match any of several.
                 * @example [
                 *       "final-test"
                 *     ]
                 */
                step?: ("" | string)[];
                /**
                 * @description Only items with completed before this time.
                 * @example 2008-11-01T00:00:00Z
                 */
                to?: string;
                /**
                 * @description result, hard_bin, soft_bin, defect_count, or the name of a measurement.
                 * @example hard_bin
                 */
                value?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Lot, by the name that machines use.
                 * @example LOT-2008-07-19
                 */
                lot_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WaferMaps"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `not_found`: There is no such lot. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getPart: {
        parameters: {
            query?: {
                /**
                 * @description Site (fab) that sent the events; empty for events that name none. Several sites may use the same lot name.
                 * @example fab-1
                 */
                site?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Chip, by the name that machines use.
                 * @example run-0001
                 */
                chip_id: string;
                /**
                 * @description Lot, by the name that machines use.
                 * @example LOT-2008-07-19
                 */
                lot_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Part"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `not_found`: There is no such lot, or no such chip in it. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getWaferDefects: {
        parameters: {
            query?: {
                /**
                 * @description Answer from what was known at this time: events that were received later do not count. Goes back as far as former states are kept (`former_attempts`).
                 * @example 2026-11-26T06:00:00Z
                 */
                as_at?: string;
                /**
                 * @description Equipment that ran the inspection. Repeat it to match any of several.
                 * @example [
                 *       "AOI-03"
                 *     ]
                 */
                equipment_id?: string[];
                /**
                 * @description Only items with completed at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2008-07-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description Inspection type. Repeat it to match any of several.
                 * @example [
                 *       "electrical"
                 *     ]
                 */
                inspection_type?: string[];
                /**
                 * @description Which attempt represents a unit that was tested more than once, chosen from the unit's whole history; all: every attempt counts.
                 * @example last
                 */
                policy?: "last" | "first" | "best" | "worst" | "all";
                /**
                 * @description Product. Repeat it to match any of several.
                 * @example [
                 *       "CQ-1000"
                 *     ]
                 */
                product?: string[];
                /**
                 * @description Recipe that the equipment ran. Repeat it to match any of several.
                 * @example [
                 *       "CD-17"
                 *     ]
                 */
                recipe?: string[];
                /**
                 * @description Site (fab) that sent the events; empty for events that name none. Several sites may use the same lot name.
                 * @example fab-1
                 */
                site?: string;
                /**
                 * @description Step (operation) in the route; empty: attempts without a step. The policy then chooses among the attempts of a unit at this step. Repeat it to match any of several.
                 * @example [
                 *       "final-test"
                 *     ]
                 */
                step?: ("" | string)[];
                /**
                 * @description Only items with completed before this time.
                 * @example 2008-11-01T00:00:00Z
                 */
                to?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Lot, by the name that machines use.
                 * @example LOT-2008-07-19
                 */
                lot_id: string;
                /**
                 * @description Wafer, named within its lot.
                 * @example W01
                 */
                wafer_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WaferDefects"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `not_found`: There is no such lot, or no such wafer in it. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getWaferMap: {
        parameters: {
            query?: {
                /**
                 * @description Answer from what was known at this time: events that were received later do not count. Goes back as far as former states are kept (`former_attempts`).
                 * @example 2026-11-26T06:00:00Z
                 */
                as_at?: string;
                /**
                 * @description Equipment that ran the inspection. Repeat it to match any of several.
                 * @example [
                 *       "AOI-03"
                 *     ]
                 */
                equipment_id?: string[];
                /**
                 * @description Only items with completed at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2008-07-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description Inspection type. Repeat it to match any of several.
                 * @example [
                 *       "electrical"
                 *     ]
                 */
                inspection_type?: string[];
                /**
                 * @description yes: combine different inspection types, steps, products and units instead of refusing to.
                 * @example yes
                 */
                mix?: "yes";
                /**
                 * @description Which attempt represents a die that was tested more than once; a map has one value per die.
                 * @example last
                 */
                policy?: "last" | "first" | "best" | "worst";
                /**
                 * @description Product. Repeat it to match any of several.
                 * @example [
                 *       "CQ-1000"
                 *     ]
                 */
                product?: string[];
                /**
                 * @description Recipe that the equipment ran. Repeat it to match any of several.
                 * @example [
                 *       "CD-17"
                 *     ]
                 */
                recipe?: string[];
                /**
                 * @description Site (fab) that sent the events; empty for events that name none. Several sites may use the same lot name.
                 * @example fab-1
                 */
                site?: string;
                /**
                 * @description Step (operation) in the route; empty: attempts without a step. The policy then chooses among the attempts of a unit at this step. Repeat it to match any of several.
                 * @example [
                 *       "final-test"
                 *     ]
                 */
                step?: ("" | string)[];
                /**
                 * @description Only items with completed before this time.
                 * @example 2008-11-01T00:00:00Z
                 */
                to?: string;
                /**
                 * @description result, hard_bin, soft_bin, defect_count, or the name of a measurement.
                 * @example hard_bin
                 */
                value?: string;
                /**
                 * @description Adds yield by zone; several separated by commas. ring: 1 = innermost of the rings of equal width, by the centre of the die; excluded = reaches into the edge exclusion. quadrant: Q1 = upper right, then counter-clockwise, with the notch at the bottom; each quadrant has the half axis that it begins with; centre; excluded. edge: inside, or excluded = reaches into the edge exclusion. reticle: column,row of the die in its exposure, from 0; excluded. Needs the geometry of the product (`/v1/wafer-geometries`).
                 * @example ring,quadrant
                 */
                zones?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Lot, by the name that machines use.
                 * @example LOT-2008-07-19
                 */
                lot_id: string;
                /**
                 * @description Wafer, named within its lot.
                 * @example W01
                 */
                wafer_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WaferMap"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `not_found`: There is no such lot, or no such wafer in it. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getWaferMapPng: {
        parameters: {
            query?: {
                /**
                 * @description Answer from what was known at this time: events that were received later do not count. Goes back as far as former states are kept (`former_attempts`).
                 * @example 2026-11-26T06:00:00Z
                 */
                as_at?: string;
                /**
                 * @description Equipment that ran the inspection. Repeat it to match any of several.
                 * @example [
                 *       "AOI-03"
                 *     ]
                 */
                equipment_id?: string[];
                /**
                 * @description Only items with completed at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2008-07-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description Inspection type. Repeat it to match any of several.
                 * @example [
                 *       "electrical"
                 *     ]
                 */
                inspection_type?: string[];
                /**
                 * @description yes: combine different inspection types, steps, products and units instead of refusing to.
                 * @example yes
                 */
                mix?: "yes";
                /**
                 * @description Which attempt represents a die that was tested more than once; a map has one value per die.
                 * @example last
                 */
                policy?: "last" | "first" | "best" | "worst";
                /**
                 * @description Product. Repeat it to match any of several.
                 * @example [
                 *       "CQ-1000"
                 *     ]
                 */
                product?: string[];
                /**
                 * @description Recipe that the equipment ran. Repeat it to match any of several.
                 * @example [
                 *       "CD-17"
                 *     ]
                 */
                recipe?: string[];
                /**
                 * @description Site (fab) that sent the events; empty for events that name none. Several sites may use the same lot name.
                 * @example fab-1
                 */
                site?: string;
                /**
                 * @description Width and height of the wafer, in pixels.
                 * @example 600
                 */
                size?: number;
                /**
                 * @description Step (operation) in the route; empty: attempts without a step. The policy then chooses among the attempts of a unit at this step. Repeat it to match any of several.
                 * @example [
                 *       "final-test"
                 *     ]
                 */
                step?: ("" | string)[];
                /**
                 * @description Only items with completed before this time.
                 * @example 2008-11-01T00:00:00Z
                 */
                to?: string;
                /**
                 * @description result, hard_bin, soft_bin, defect_count, or the name of a measurement.
                 * @example hard_bin
                 */
                value?: string;
                /**
                 * @description Adds yield by zone; several separated by commas. ring: 1 = innermost of the rings of equal width, by the centre of the die; excluded = reaches into the edge exclusion. quadrant: Q1 = upper right, then counter-clockwise, with the notch at the bottom; each quadrant has the half axis that it begins with; centre; excluded. edge: inside, or excluded = reaches into the edge exclusion. reticle: column,row of the die in its exposure, from 0; excluded. Needs the geometry of the product (`/v1/wafer-geometries`).
                 * @example ring,quadrant
                 */
                zones?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Lot, by the name that machines use.
                 * @example LOT-2008-07-19
                 */
                lot_id: string;
                /**
                 * @description Wafer, named within its lot.
                 * @example W01
                 */
                wafer_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The picture. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/png": string;
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `not_found`: There is no such lot, or no such wafer in it. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getWaferMapSvg: {
        parameters: {
            query?: {
                /**
                 * @description Answer from what was known at this time: events that were received later do not count. Goes back as far as former states are kept (`former_attempts`).
                 * @example 2026-11-26T06:00:00Z
                 */
                as_at?: string;
                /**
                 * @description Equipment that ran the inspection. Repeat it to match any of several.
                 * @example [
                 *       "AOI-03"
                 *     ]
                 */
                equipment_id?: string[];
                /**
                 * @description Only items with completed at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2008-07-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description Inspection type. Repeat it to match any of several.
                 * @example [
                 *       "electrical"
                 *     ]
                 */
                inspection_type?: string[];
                /**
                 * @description yes: combine different inspection types, steps, products and units instead of refusing to.
                 * @example yes
                 */
                mix?: "yes";
                /**
                 * @description Which attempt represents a die that was tested more than once; a map has one value per die.
                 * @example last
                 */
                policy?: "last" | "first" | "best" | "worst";
                /**
                 * @description Product. Repeat it to match any of several.
                 * @example [
                 *       "CQ-1000"
                 *     ]
                 */
                product?: string[];
                /**
                 * @description Recipe that the equipment ran. Repeat it to match any of several.
                 * @example [
                 *       "CD-17"
                 *     ]
                 */
                recipe?: string[];
                /**
                 * @description Site (fab) that sent the events; empty for events that name none. Several sites may use the same lot name.
                 * @example fab-1
                 */
                site?: string;
                /**
                 * @description Width and height of the wafer, in pixels.
                 * @example 600
                 */
                size?: number;
                /**
                 * @description Step (operation) in the route; empty: attempts without a step. The policy then chooses among the attempts of a unit at this step. Repeat it to match any of several.
                 * @example [
                 *       "final-test"
                 *     ]
                 */
                step?: ("" | string)[];
                /**
                 * @description Only items with completed before this time.
                 * @example 2008-11-01T00:00:00Z
                 */
                to?: string;
                /**
                 * @description result, hard_bin, soft_bin, defect_count, or the name of a measurement.
                 * @example hard_bin
                 */
                value?: string;
                /**
                 * @description Adds yield by zone; several separated by commas. ring: 1 = innermost of the rings of equal width, by the centre of the die; excluded = reaches into the edge exclusion. quadrant: Q1 = upper right, then counter-clockwise, with the notch at the bottom; each quadrant has the half axis that it begins with; centre; excluded. edge: inside, or excluded = reaches into the edge exclusion. reticle: column,row of the die in its exposure, from 0; excluded. Needs the geometry of the product (`/v1/wafer-geometries`).
                 * @example ring,quadrant
                 */
                zones?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Lot, by the name that machines use.
                 * @example LOT-2008-07-19
                 */
                lot_id: string;
                /**
                 * @description Wafer, named within its lot.
                 * @example W01
                 */
                wafer_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The picture. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/svg+xml": string;
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `not_found`: There is no such lot, or no such wafer in it. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getStackedMap: {
        parameters: {
            query?: {
                /**
                 * @description Answer from what was known at this time: events that were received later do not count. Goes back as far as former states are kept (`former_attempts`).
                 * @example 2026-11-26T06:00:00Z
                 */
                as_at?: string;
                /**
                 * @description Equipment that ran the inspection. Repeat it to match any of several.
                 * @example [
                 *       "AOI-03"
                 *     ]
                 */
                equipment_id?: string[];
                /**
                 * @description Only items with completed at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2008-07-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description Inspection type. Repeat it to match any of several.
                 * @example [
                 *       "electrical"
                 *     ]
                 */
                inspection_type?: string[];
                /**
                 * @description Lot, by the name that machines use. Repeat it to match any of several.
                 * @example [
                 *       "LOT-2008-07-19"
                 *     ]
                 */
                lot_id?: string[];
                /**
                 * @description yes: combine different inspection types, steps, products and units instead of refusing to.
                 * @example yes
                 */
                mix?: "yes";
                /**
                 * @description Which attempt represents a unit that was tested more than once, chosen from the unit's whole history; all: every attempt counts.
                 * @example last
                 */
                policy?: "last" | "first" | "best" | "worst" | "all";
                /**
                 * @description Product. Repeat it to match any of several.
                 * @example [
                 *       "CQ-1000"
                 *     ]
                 */
                product?: string[];
                /**
                 * @description Recipe that the equipment ran. Repeat it to match any of several.
                 * @example [
                 *       "CD-17"
                 *     ]
                 */
                recipe?: string[];
                /**
                 * @description Site (fab) that sent the events; empty for events that name none. Several sites may use the same lot name. Repeat it to match any of several.
                 * @example [
                 *       "fab-1"
                 *     ]
                 */
                site?: string[];
                /**
                 * @description Step (operation) in the route; empty: attempts without a step. The policy then chooses among the attempts of a unit at this step. Repeat it to match any of several.
                 * @example [
                 *       "final-test"
                 *     ]
                 */
                step?: ("" | string)[];
                /**
                 * @description Only items with completed before this time.
                 * @example 2008-11-01T00:00:00Z
                 */
                to?: string;
                /**
                 * @description result, hard_bin, soft_bin, defect_count, or the name of a measurement.
                 * @example hard_bin
                 */
                value?: string;
                /**
                 * @description Adds yield by zone; several separated by commas. ring: 1 = innermost of the rings of equal width, by the centre of the die; excluded = reaches into the edge exclusion. quadrant: Q1 = upper right, then counter-clockwise, with the notch at the bottom; each quadrant has the half axis that it begins with; centre; excluded. edge: inside, or excluded = reaches into the edge exclusion. reticle: column,row of the die in its exposure, from 0; excluded. Needs the geometry of the product (`/v1/wafer-geometries`).
                 * @example ring,quadrant
                 */
                zones?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StackedMap"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getStackedMapPng: {
        parameters: {
            query?: {
                /**
                 * @description Answer from what was known at this time: events that were received later do not count. Goes back as far as former states are kept (`former_attempts`).
                 * @example 2026-11-26T06:00:00Z
                 */
                as_at?: string;
                /**
                 * @description Equipment that ran the inspection. Repeat it to match any of several.
                 * @example [
                 *       "AOI-03"
                 *     ]
                 */
                equipment_id?: string[];
                /**
                 * @description Only items with completed at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2008-07-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description Inspection type. Repeat it to match any of several.
                 * @example [
                 *       "electrical"
                 *     ]
                 */
                inspection_type?: string[];
                /**
                 * @description Lot, by the name that machines use. Repeat it to match any of several.
                 * @example [
                 *       "LOT-2008-07-19"
                 *     ]
                 */
                lot_id?: string[];
                /**
                 * @description yes: combine different inspection types, steps, products and units instead of refusing to.
                 * @example yes
                 */
                mix?: "yes";
                /**
                 * @description Which attempt represents a unit that was tested more than once, chosen from the unit's whole history; all: every attempt counts.
                 * @example last
                 */
                policy?: "last" | "first" | "best" | "worst" | "all";
                /**
                 * @description Product. Repeat it to match any of several.
                 * @example [
                 *       "CQ-1000"
                 *     ]
                 */
                product?: string[];
                /**
                 * @description Recipe that the equipment ran. Repeat it to match any of several.
                 * @example [
                 *       "CD-17"
                 *     ]
                 */
                recipe?: string[];
                /**
                 * @description Site (fab) that sent the events; empty for events that name none. Several sites may use the same lot name. Repeat it to match any of several.
                 * @example [
                 *       "fab-1"
                 *     ]
                 */
                site?: string[];
                /**
                 * @description Width and height of the wafer, in pixels.
                 * @example 600
                 */
                size?: number;
                /**
                 * @description Step (operation) in the route; empty: attempts without a step. The policy then chooses among the attempts of a unit at this step. Repeat it to match any of several.
                 * @example [
                 *       "final-test"
                 *     ]
                 */
                step?: ("" | string)[];
                /**
                 * @description Only items with completed before this time.
                 * @example 2008-11-01T00:00:00Z
                 */
                to?: string;
                /**
                 * @description result, hard_bin, soft_bin, defect_count, or the name of a measurement.
                 * @example hard_bin
                 */
                value?: string;
                /**
                 * @description Adds yield by zone; several separated by commas. ring: 1 = innermost of the rings of equal width, by the centre of the die; excluded = reaches into the edge exclusion. quadrant: Q1 = upper right, then counter-clockwise, with the notch at the bottom; each quadrant has the half axis that it begins with; centre; excluded. edge: inside, or excluded = reaches into the edge exclusion. reticle: column,row of the die in its exposure, from 0; excluded. Needs the geometry of the product (`/v1/wafer-geometries`).
                 * @example ring,quadrant
                 */
                zones?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The picture. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/png": string;
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getStackedMapSvg: {
        parameters: {
            query?: {
                /**
                 * @description Answer from what was known at this time: events that were received later do not count. Goes back as far as former states are kept (`former_attempts`).
                 * @example 2026-11-26T06:00:00Z
                 */
                as_at?: string;
                /**
                 * @description Equipment that ran the inspection. Repeat it to match any of several.
                 * @example [
                 *       "AOI-03"
                 *     ]
                 */
                equipment_id?: string[];
                /**
                 * @description Only items with completed at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2008-07-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description Inspection type. Repeat it to match any of several.
                 * @example [
                 *       "electrical"
                 *     ]
                 */
                inspection_type?: string[];
                /**
                 * @description Lot, by the name that machines use. Repeat it to match any of several.
                 * @example [
                 *       "LOT-2008-07-19"
                 *     ]
                 */
                lot_id?: string[];
                /**
                 * @description yes: combine different inspection types, steps, products and units instead of refusing to.
                 * @example yes
                 */
                mix?: "yes";
                /**
                 * @description Which attempt represents a unit that was tested more than once, chosen from the unit's whole history; all: every attempt counts.
                 * @example last
                 */
                policy?: "last" | "first" | "best" | "worst" | "all";
                /**
                 * @description Product. Repeat it to match any of several.
                 * @example [
                 *       "CQ-1000"
                 *     ]
                 */
                product?: string[];
                /**
                 * @description Recipe that the equipment ran. Repeat it to match any of several.
                 * @example [
                 *       "CD-17"
                 *     ]
                 */
                recipe?: string[];
                /**
                 * @description Site (fab) that sent the events; empty for events that name none. Several sites may use the same lot name. Repeat it to match any of several.
                 * @example [
                 *       "fab-1"
                 *     ]
                 */
                site?: string[];
                /**
                 * @description Width and height of the wafer, in pixels.
                 * @example 600
                 */
                size?: number;
                /**
                 * @description Step (operation) in the route; empty: attempts without a step. The policy then chooses among the attempts of a unit at this step. Repeat it to match any of several.
                 * @example [
                 *       "final-test"
                 *     ]
                 */
                step?: ("" | string)[];
                /**
                 * @description Only items with completed before this time.
                 * @example 2008-11-01T00:00:00Z
                 */
                to?: string;
                /**
                 * @description result, hard_bin, soft_bin, defect_count, or the name of a measurement.
                 * @example hard_bin
                 */
                value?: string;
                /**
                 * @description Adds yield by zone; several separated by commas. ring: 1 = innermost of the rings of equal width, by the centre of the die; excluded = reaches into the edge exclusion. quadrant: Q1 = upper right, then counter-clockwise, with the notch at the bottom; each quadrant has the half axis that it begins with; centre; excluded. edge: inside, or excluded = reaches into the edge exclusion. reticle: column,row of the die in its exposure, from 0; excluded. Needs the geometry of the product (`/v1/wafer-geometries`).
                 * @example ring,quadrant
                 */
                zones?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The picture. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/svg+xml": string;
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listMetrics: {
        parameters: {
            query?: {
                /** @description Where to continue: `next_cursor` of the previous page. Opaque; keep the other parameters the same. */
                cursor?: string;
                /**
                 * @description Maximum number of items on a page.
                 * @example 50
                 */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NamesPage"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listParameters: {
        parameters: {
            query?: {
                /** @description Where to continue: `next_cursor` of the previous page. Opaque; keep the other parameters the same. */
                cursor?: string;
                /**
                 * @description Only the versions in force at this time. Default: every version, including superseded and withdrawn ones.
                 * @example 2026-03-02T08:00:00Z
                 */
                in_force_at?: string;
                /**
                 * @description Maximum number of items on a page.
                 * @example 50
                 */
                limit?: number;
                /**
                 * @description Name of the measurement.
                 * @example s000
                 */
                name?: string;
                /**
                 * @description Product.
                 * @example CQ-1000
                 */
                product?: string;
                /**
                 * @description Recipe that the equipment ran.
                 * @example CD-17
                 */
                recipe?: string;
                /**
                 * @description Site (fab) that sent the events. Several sites may use the same lot name.
                 * @example fab-1
                 */
                site?: string;
                /**
                 * @description Step (operation) in the route.
                 * @example final-test
                 */
                step?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ParameterPage"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    storeParameter: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ParameterRequest"];
            };
        };
        responses: {
            /** @description What is stored. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Parameter"];
                };
            };
            /** @description `invalid_body`, `ambiguous_parameter`, `ambiguous_type`: `errors` point into the body. `malformed_request`: the body is not JSON. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `not_found`: No version of this parameter in force begins at `valid_from`. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            /** @description `parameter_conflict`: the version cuts into a range that ended, differs from one with the same start, or has a unit of another kind. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`, `query_timeout`: try again. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getPipeline: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pipeline"];
                };
            };
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listProducts: {
        parameters: {
            query?: {
                /** @description Where to continue: `next_cursor` of the previous page. Opaque; keep the other parameters the same. */
                cursor?: string;
                /**
                 * @description Maximum number of items on a page.
                 * @example 50
                 */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NamesPage"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listRecipes: {
        parameters: {
            query?: {
                /** @description Where to continue: `next_cursor` of the previous page. Opaque; keep the other parameters the same. */
                cursor?: string;
                /**
                 * @description Only items with completed at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2008-07-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description Maximum number of items on a page.
                 * @example 50
                 */
                limit?: number;
                /**
                 * @description Only items with completed before this time.
                 * @example 2008-11-01T00:00:00Z
                 */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RangedNamesPage"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listReports: {
        parameters: {
            query?: {
                /** @description Where to continue: `next_cursor` of the previous page. Opaque; keep the other parameters the same. */
                cursor?: string;
                /**
                 * @description Maximum number of items on a page.
                 * @example 50
                 */
                limit?: number;
                /**
                 * @description Lot, by the name that machines use.
                 * @example LOT-2008-07-19
                 */
                lot_id?: string;
                /**
                 * @description Product.
                 * @example CQ-1000
                 */
                product?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReportPage"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createReport: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReportRequest"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    /** @description Path of the new item. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Report"];
                };
            };
            /** @description `invalid_body`, `ambiguous_parameter`, `ambiguous_type`: `errors` point into the body. `malformed_request`: the body is not JSON. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `not_found`: The report was removed right after it was stored. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`, `query_timeout`: try again. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getReport: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of a report.
                 * @example 0d6a2d1c-8a4e-4c43-9d53-0f8f4a3b2c11
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Report"];
                    "text/html": components["schemas"]["Report"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `not_found`: There is no report with this id. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSpcChart: {
        parameters: {
            query: {
                /**
                 * @description Answer from what was known at this time: events that were received later do not count. Goes back as far as former states are kept (`former_attempts`).
                 * @example 2026-11-26T06:00:00Z
                 */
                as_at?: string;
                /**
                 * @description Limits from samples that begin at or after this time.
                 * @example 2008-07-19T00:00:00Z
                 */
                baseline_from?: string;
                /**
                 * @description Limits from samples that begin before this time.
                 * @example 2008-08-19T00:00:00Z
                 */
                baseline_to?: string;
                /**
                 * @description Moving ranges do not span a change of this. Default: lot for single values if a lot has several, else none.
                 * @example none
                 */
                break_at?: "none" | "lot" | "wafer" | "product";
                /**
                 * @description Kind of chart.
                 * @example imr
                 */
                chart: "xbar_r" | "xbar_s" | "imr" | "between_within" | "p" | "np" | "c" | "u" | "p_prime" | "u_prime" | "ewma" | "cusum";
                /**
                 * @description Equipment that ran the inspection. Repeat it to match any of several.
                 * @example [
                 *       "AOI-03"
                 *     ]
                 */
                equipment_id?: string[];
                /**
                 * @description Indices into `samples` of the same question, separated by commas: excluded from the limits; the chart still draws them and applies the rules to them.
                 * @example 3,17
                 */
                exclude?: string;
                /**
                 * @description Only items with completed at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2008-07-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description CUSUM: decision interval in sigma.
                 * @example 5
                 */
                h?: number;
                /**
                 * @description Inspection type. Repeat it to match any of several.
                 * @example [
                 *       "electrical"
                 *     ]
                 */
                inspection_type?: string[];
                /**
                 * @description CUSUM: slack in sigma.
                 * @example 0.5
                 */
                k?: number;
                /**
                 * @description EWMA: width of the limits in sigma.
                 * @example 3
                 */
                l?: number;
                /**
                 * @description EWMA: weight of the newest value.
                 * @example 0.2
                 */
                lambda?: number;
                /**
                 * @description Frozen control limits (phase II), which need no data: an id of `/v1/control-limits`, or current = the newest ones of this parameter, chart, subgroup and policy that fit the filters, those that name the most of them first.
                 * @example current
                 */
                limits?: "current" | string;
                /**
                 * @description Lot, by the name that machines use. Repeat it to match any of several.
                 * @example [
                 *       "LOT-2008-07-19"
                 *     ]
                 */
                lot_id?: string[];
                /**
                 * @description About so many points per panel: every violation, both ends, and the extremes of equal stretches between them. Indices stay those of the whole chart. Absent: every point.
                 * @example 1000
                 */
                max_points?: number;
                /**
                 * @description yes: combine different units, inspection types, products, steps and recipes instead of refusing to.
                 * @example yes
                 */
                mix?: "yes";
                /**
                 * @description Name of the measurement; not for charts of counts, which count units.
                 * @example s000
                 */
                parameter?: string;
                /**
                 * @description Times at which a new phase begins, separated by commas: each phase has limits from its own samples, and no rule looks across its ends. A sample belongs to the phase in which it began.
                 * @example 2008-08-01T00:00:00Z,2008-09-01T00:00:00Z
                 */
                phases?: string;
                /**
                 * @description Which attempt represents a unit that was tested more than once, chosen from the unit's whole history; all: every attempt counts.
                 * @example last
                 */
                policy?: "last" | "first" | "best" | "worst" | "all";
                /**
                 * @description Product. Repeat it to match any of several.
                 * @example [
                 *       "CQ-1000"
                 *     ]
                 */
                product?: string[];
                /**
                 * @description Recipe that the equipment ran. Repeat it to match any of several.
                 * @example [
                 *       "CD-17"
                 *     ]
                 */
                recipe?: string[];
                /**
                 * @description western_electric, nelson, or names separated by commas: beyond_limits, western_electric_1, western_electric_2, western_electric_3, western_electric_4, nelson_1, nelson_2, nelson_3, nelson_4, nelson_5, nelson_6, nelson_7, nelson_8. Default beyond_limits.
                 * @example beyond_limits,nelson_2
                 */
                rules?: string;
                /**
                 * @description Standard deviation of single values; requires target, except for ewma and cusum. Means use sigma / sqrt(n).
                 * @example 70
                 */
                sigma?: number;
                /**
                 * @description Estimator of sigma within subgroups. weighted (default): mean of R/d2(n) or S/c4(n), each weighted by the inverse of its variance. mean: the same without weights. pooled: root of the pooled variance / c4.
                 * @example weighted
                 */
                sigma_method?: "weighted" | "mean" | "pooled";
                /**
                 * @description Site (fab) that sent the events; empty for events that name none. Several sites may use the same lot name. Repeat it to match any of several.
                 * @example [
                 *       "fab-1"
                 *     ]
                 */
                site?: string[];
                /**
                 * @description Step (operation) in the route; empty: attempts without a step. The policy then chooses among the attempts of a unit at this step. Repeat it to match any of several.
                 * @example [
                 *       "final-test"
                 *     ]
                 */
                step?: ("" | string)[];
                /**
                 * @description How to form samples: by lot, wafer or day (UTC), or a number of consecutive values. Default 1 for imr, ewma, cusum and capability, else lot.
                 * @example lot
                 */
                subgroup?: string;
                /**
                 * @description Centre of the location panel; requires sigma, except for ewma and cusum, which estimate what is not given. With both, limits need no data.
                 * @example 3000
                 */
                target?: number;
                /**
                 * @description Only items with completed before this time.
                 * @example 2008-11-01T00:00:00Z
                 */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SpcChart"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    backtestRules: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BacktestRequest"];
            };
        };
        responses: {
            /** @description What is stored. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Backtest"];
                };
            };
            /** @description `invalid_body`, `ambiguous_parameter`, `ambiguous_type`: `errors` point into the body. `malformed_request`: the body is not JSON. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`, `query_timeout`: try again. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    evaluateChart: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChartRequest"];
            };
        };
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Chart"];
                };
            };
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSteps: {
        parameters: {
            query?: {
                /** @description Where to continue: `next_cursor` of the previous page. Opaque; keep the other parameters the same. */
                cursor?: string;
                /**
                 * @description Only items with completed at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2008-07-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description Maximum number of items on a page.
                 * @example 50
                 */
                limit?: number;
                /**
                 * @description Only items with completed before this time.
                 * @example 2008-11-01T00:00:00Z
                 */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RangedNamesPage"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDailySummary: {
        parameters: {
            query?: {
                /**
                 * @description Only items with a day that begins at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2026-03-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description Only items with a day that begins before this time.
                 * @example 2026-04-01T00:00:00Z
                 */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DailySummary"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getTelemetrySeries: {
        parameters: {
            query: {
                /**
                 * @description Only items with its time at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2026-03-02T08:00:00Z
                 */
                from: string;
                /**
                 * @description Host that sent the samples.
                 * @example fab1-gw2
                 */
                host?: string;
                /**
                 * @description Maximum number of points; determines the width of a bucket.
                 * @example 100
                 */
                max_points?: number;
                /**
                 * @description Metric.
                 * @example response_time_ms
                 */
                metric_name: string;
                /**
                 * @description Equipment or service that was measured.
                 * @example AOI-03
                 */
                service_name?: string;
                /**
                 * @description Tags of the samples, for a range of at most 24 hours (the roll-ups keep no tags), as `tags.<key>=<value>`; a key has letters, digits, `_`, `.`, `-`. Matches the text, and the number, boolean or null that it spells.
                 * @example {
                 *       "tags.line": "4"
                 *     }
                 */
                tags?: {
                    [key: string]: string;
                };
                /**
                 * @description Only items with its time before this time.
                 * @example 2026-03-03T08:00:00Z
                 */
                to: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TelemetrySeries"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getTelemetrySummary: {
        parameters: {
            query: {
                /**
                 * @description Only items with its time at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2026-03-02T08:00:00Z
                 */
                from: string;
                /**
                 * @description Host that sent the samples.
                 * @example fab1-gw2
                 */
                host?: string;
                /**
                 * @description Metric.
                 * @example response_time_ms
                 */
                metric_name: string;
                /**
                 * @description Equipment or service that was measured.
                 * @example AOI-03
                 */
                service_name?: string;
                /**
                 * @description Tags of the samples, for a range of at most 24 hours (the roll-ups keep no tags), as `tags.<key>=<value>`; a key has letters, digits, `_`, `.`, `-`. Matches the text, and the number, boolean or null that it spells.
                 * @example {
                 *       "tags.line": "4"
                 *     }
                 */
                tags?: {
                    [key: string]: string;
                };
                /**
                 * @description Only items with its time before this time.
                 * @example 2026-03-03T08:00:00Z
                 */
                to: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TelemetrySummary"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getFailingTests: {
        parameters: {
            query?: {
                /**
                 * @description Answer from what was known at this time: events that were received later do not count. Goes back as far as former states are kept (`former_attempts`).
                 * @example 2026-11-26T06:00:00Z
                 */
                as_at?: string;
                /**
                 * @description first: each unit counts for the first test that it fails, in the order of its measurements. any: for every test that it fails, which understates tests that come after a stop.
                 * @example first
                 */
                count?: "first" | "any";
                /**
                 * @description Equipment that ran the inspection. Repeat it to match any of several.
                 * @example [
                 *       "AOI-03"
                 *     ]
                 */
                equipment_id?: string[];
                /**
                 * @description Only items with completed at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2008-07-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description Inspection type. Repeat it to match any of several.
                 * @example [
                 *       "electrical"
                 *     ]
                 */
                inspection_type?: string[];
                /**
                 * @description Lot, by the name that machines use. Repeat it to match any of several.
                 * @example [
                 *       "LOT-2008-07-19"
                 *     ]
                 */
                lot_id?: string[];
                /**
                 * @description yes: combine different inspection types and steps instead of refusing to.
                 * @example yes
                 */
                mix?: "yes";
                /**
                 * @description Which attempt represents a unit that was tested more than once, chosen from the unit's whole history; all: every attempt counts.
                 * @example last
                 */
                policy?: "last" | "first" | "best" | "worst" | "all";
                /**
                 * @description Product. Repeat it to match any of several.
                 * @example [
                 *       "CQ-1000"
                 *     ]
                 */
                product?: string[];
                /**
                 * @description Recipe that the equipment ran. Repeat it to match any of several.
                 * @example [
                 *       "CD-17"
                 *     ]
                 */
                recipe?: string[];
                /**
                 * @description Site (fab) that sent the events; empty for events that name none. Several sites may use the same lot name. Repeat it to match any of several.
                 * @example [
                 *       "fab-1"
                 *     ]
                 */
                site?: string[];
                /**
                 * @description Step (operation) in the route; empty: attempts without a step. The policy then chooses among the attempts of a unit at this step. Repeat it to match any of several.
                 * @example [
                 *       "final-test"
                 *     ]
                 */
                step?: ("" | string)[];
                /**
                 * @description Only items with completed before this time.
                 * @example 2008-11-01T00:00:00Z
                 */
                to?: string;
                /**
                 * @description Only this many of the most frequent; the rest is summed up in `other`.
                 * @example 10
                 */
                top?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FailingTests"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listWaferGeometries: {
        parameters: {
            query?: {
                /** @description Where to continue: `next_cursor` of the previous page. Opaque; keep the other parameters the same. */
                cursor?: string;
                /**
                 * @description Only the versions that hold at this time.
                 * @example 2026-03-02T00:00:00Z
                 */
                in_force_at?: string;
                /**
                 * @description Maximum number of items on a page.
                 * @example 50
                 */
                limit?: number;
                /**
                 * @description Product.
                 * @example CQ-1000
                 */
                product?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WaferGeometryPage"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    storeWaferGeometry: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WaferGeometryRequest"];
            };
        };
        responses: {
            /** @description What is stored. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WaferGeometry"];
                };
            };
            /** @description `invalid_body`, `ambiguous_parameter`, `ambiguous_type`: `errors` point into the body. `malformed_request`: the body is not JSON. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            /** @description `not_found`: There is no version to withdraw. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            /** @description `version_conflict`: the version cuts into a range that ended, or differs from one with the same start. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`, `query_timeout`: try again. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getYield: {
        parameters: {
            query?: {
                /**
                 * @description Answer from what was known at this time: events that were received later do not count. Goes back as far as former states are kept (`former_attempts`).
                 * @example 2026-11-26T06:00:00Z
                 */
                as_at?: string;
                /**
                 * @description Whose days, weeks and months: utc (default), or production = those of the calendar of the site (`/v1/calendars`). Shifts are always of production.
                 * @example production
                 */
                calendar?: "utc" | "production";
                /**
                 * @description Equipment that ran the inspection. Repeat it to match any of several.
                 * @example [
                 *       "AOI-03"
                 *     ]
                 */
                equipment_id?: string[];
                /**
                 * @description Only items with completed at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2008-07-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description One group per value of the chosen attempt; hours, days, ISO weeks and months are UTC unless calendar=production. shift needs a production calendar, zone a wafer geometry. Absent: totals only.
                 * @example lot
                 */
                group_by?: "hour" | "day" | "week" | "month" | "shift" | "lot" | "wafer" | "equipment" | "inspection_type" | "product" | "step" | "recipe" | "site" | "zone";
                /**
                 * @description Inspection type. Repeat it to match any of several.
                 * @example [
                 *       "electrical"
                 *     ]
                 */
                inspection_type?: string[];
                /**
                 * @description final: one attempt per unit, chosen by `policy`. first_pass: the first attempt of each unit. insertion: every attempt counts. rolled_throughput: product of first-pass yields over the operations (inspection type, step).
                 * @example final
                 */
                kind?: "final" | "first_pass" | "insertion" | "rolled_throughput";
                /**
                 * @description Lot, by the name that machines use. Repeat it to match any of several.
                 * @example [
                 *       "LOT-2008-07-19"
                 *     ]
                 */
                lot_id?: string[];
                /**
                 * @description Which attempt represents a unit that was tested more than once, chosen from the unit's whole history. Applies to kind=final; all is the same as kind=insertion.
                 * @example last
                 */
                policy?: "last" | "first" | "best" | "worst" | "all";
                /**
                 * @description Product. Repeat it to match any of several.
                 * @example [
                 *       "CQ-1000"
                 *     ]
                 */
                product?: string[];
                /**
                 * @description Recipe that the equipment ran. Repeat it to match any of several.
                 * @example [
                 *       "CD-17"
                 *     ]
                 */
                recipe?: string[];
                /**
                 * @description Site (fab) that sent the events; empty for events that name none. Several sites may use the same lot name. Repeat it to match any of several.
                 * @example [
                 *       "fab-1"
                 *     ]
                 */
                site?: string[];
                /**
                 * @description Step (operation) in the route; empty: attempts without a step. The policy then chooses among the attempts of a unit at this step. Repeat it to match any of several.
                 * @example [
                 *       "final-test"
                 *     ]
                 */
                step?: ("" | string)[];
                /**
                 * @description Only items with completed before this time.
                 * @example 2008-11-01T00:00:00Z
                 */
                to?: string;
                /**
                 * @description Only this many of the greatest groups, by key; the rest is summed up in `other`.
                 * @example 20
                 */
                top?: number;
                /**
                 * @description With group_by=zone, which zones (default ring). ring: 1 = innermost of the rings of equal width, by the centre of the die; excluded = reaches into the edge exclusion. quadrant: Q1 = upper right, then counter-clockwise, with the notch at the bottom; each quadrant has the half axis that it begins with; centre; excluded. edge: inside, or excluded = reaches into the edge exclusion. reticle: column,row of the die in its exposure, from 0; excluded.
                 * @example quadrant
                 */
                zones?: "ring" | "quadrant" | "edge" | "reticle";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Yield"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getYieldLimits: {
        parameters: {
            query: {
                /**
                 * @description Answer from what was known at this time: events that were received later do not count. Goes back as far as former states are kept (`former_attempts`).
                 * @example 2026-11-26T06:00:00Z
                 */
                as_at?: string;
                /**
                 * @description Which bins of failing units to limit.
                 * @example hard
                 */
                bin?: "hard" | "soft";
                /**
                 * @description Equipment that ran the inspection. Repeat it to match any of several.
                 * @example [
                 *       "AOI-03"
                 *     ]
                 */
                equipment_id?: string[];
                /**
                 * @description Only items with completed at or after this time (RFC 3339; in a URL write + as %2B).
                 * @example 2008-07-01T00:00:00Z
                 */
                from?: string;
                /**
                 * @description Inspection type. Repeat it to match any of several.
                 * @example [
                 *       "electrical"
                 *     ]
                 */
                inspection_type?: string[];
                /**
                 * @description Lots to judge; they do not contribute to the limits. Absent: the lots that the limits come from. Repeat it for several.
                 * @example [
                 *       "LOT-2008-07-19"
                 *     ]
                 */
                lot_id?: string[];
                /**
                 * @description How many lots the limits come from: the latest ones, without those that `lot_id` names.
                 * @example 25
                 */
                lots?: number;
                /**
                 * @description yes: combine different inspection types instead of refusing to.
                 * @example yes
                 */
                mix?: "yes";
                /**
                 * @description Which attempt represents a unit that was tested more than once, chosen from the unit's whole history; all: every attempt counts.
                 * @example last
                 */
                policy?: "last" | "first" | "best" | "worst" | "all";
                /**
                 * @description Product whose lots the limits come from.
                 * @example CQ-1000
                 */
                product: string;
                /**
                 * @description Recipe that the equipment ran. Repeat it to match any of several.
                 * @example [
                 *       "CD-17"
                 *     ]
                 */
                recipe?: string[];
                /**
                 * @description Site (fab) that sent the events; empty for events that name none. Several sites may use the same lot name. Repeat it to match any of several.
                 * @example [
                 *       "fab-1"
                 *     ]
                 */
                site?: string[];
                /**
                 * @description Step (operation) in the route; empty: attempts without a step. The policy then chooses among the attempts of a unit at this step. Repeat it to match any of several.
                 * @example [
                 *       "final-test"
                 *     ]
                 */
                step?: ("" | string)[];
                /**
                 * @description Only items with completed before this time.
                 * @example 2008-11-01T00:00:00Z
                 */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["YieldLimits"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getYieldModels: {
        parameters: {
            query?: {
                /**
                 * @description Clustering of the negative binomial model: small = clustered. Default 2.
                 * @example 2
                 */
                alpha?: number;
                /**
                 * @description Area of a die; needed with defect_density.
                 * @example 0.5
                 */
                area_cm2?: number;
                /**
                 * @description Killing defects per cm2 (D0).
                 * @example 0.8
                 */
                defect_density?: number;
                /**
                 * @description Defects found on `units`.
                 * @example 34
                 */
                defects?: number;
                /**
                 * @description Places of one unit where a defect can lie, for DPMO.
                 * @example 10
                 */
                opportunities?: number;
                /**
                 * @description Units inspected.
                 * @example 750
                 */
                units?: number;
                /**
                 * @description Fraction of good dice, 0..1: answers which defect density each model sees in it.
                 * @example 0.67
                 */
                yield?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["YieldModels"];
                };
            };
            304: components["responses"]["NotModified"];
            /** @description `invalid_parameter`, `unknown_parameter`, `invalid_cursor`, `ambiguous_parameter`, `ambiguous_type`: `errors` names the parameter. `malformed_request`: the URL cannot be read. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["Misdirected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description `database_unavailable`, `overloaded`: try again. `query_timeout`: narrow the question. `issuer_unavailable`: no token can be checked. */
            503: {
                headers: {
                    /** @description Seconds after which to try again. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
