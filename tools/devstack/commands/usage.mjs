/** The help texts of the entry commands; plain JavaScript, so that --help answers before anything is installed. */

export const usage = {
  start: `npm start [-- options]

Runs the whole pipeline on this machine: Kafka, PostgreSQL with TimescaleDB, ingest, writer, query and a simulated
fab. The first run downloads the servers into .local/ (about 100 MB). Ctrl-C stops everything; the data stays.

  --detach         run in the background; returns when every service is ready. Stop it with "npm stop"
  --no-simulator   without synthetic load
  --ingest N       N instances of ingest (default 1)
  --writer N       N instances of writer (default 1)
  --auth keys      the API asks for keys; prints one that may read, and a request with it (default none)
  --help           this text

Environment:
  KAFKA_BROKERS, DATABASE_URL   use these servers instead of local ones (PG_BIN, WRITER_DATABASE_URL,
                                QUERY_DATABASE_URL and READER_DATABASE_URL go with the second)
  CHIP_QUERY_PORT, CHIP_INGEST_PORT, CHIP_WRITER_PORT, CHIP_KAFKA_PORT, CHIP_KAFKA_CONTROLLER_PORT, CHIP_POSTGRES_PORT
                                require this port; otherwise a free one near the usual one is chosen
  CHIP_CACHE_DIR                folder for downloads (default .local/cache); checkouts may share it
  LOG_LEVEL                     log level of the services (default info)

Addresses and passwords are in .local/stack.env, process ids and logs in .local/run.
`,
  stop: `npm stop [-- --wipe]

Stops what "npm start" started in this or another terminal, in the background, or left behind by a crash. Keeps the data.

  --wipe   delete the data too (downloads stay cached)
  --help   this text
`,
  test: `npm test [-- options]

Runs lint, type check and unit tests, then integration tests on its own Kafka and PostgreSQL servers. Answers from the
cache what has not changed since the last run. The servers keep their data in memory (/dev/shm) if 12 GiB are available.
The last line counts the tests.

  --only unit|int|static   one part: unit tests; integration tests; lint and type check
  --help                   this text

Environment: KAFKA_BROKERS and DATABASE_URL name servers to use instead of local ones.
`,
  matrix: `npm run matrix [-- options]

Runs the integration tests of all that talks to a server on further versions, each on servers of its own: PostgreSQL 18 with
the newest TimescaleDB that Debian has, and the newest Kafka. "npm test" runs on PostgreSQL 17 and Kafka 4.1.

  --only a,b       only these columns: postgres-18, kafka-newest
  --projects a,b   only these projects: persistence, kafka, ingest, writer, query, operator, e2e
  --help           this text

CHIP_POSTGRES_MAJOR=18 and CHIP_KAFKA_VERSION=4.3.1 choose the same for one other command, such as npm start.
`,
  'test-secured': `npm run test:secured [-- options]

Runs the integration tests on a broker and a database server that let no one in without TLS: Kafka by SASL_SSL with
SCRAM-SHA-512, PostgreSQL with sslmode=verify-full. It takes longer than "npm test", which covers what differs.

  --projects a,b   only these Nx projects
  --help           this text
`,
  faults: `npm run faults [-- options]

Starts the pipeline on its own servers, publishes events with a known answer, injects faults one after another
(processes killed and frozen, connections cut at the commit, servers stopped, disks full, offsets reset …) and compares
tables, dead letters, positions and roll-ups with what the broker acknowledged. Exit 0: nothing lost, nothing duplicated.

  --seed S         repeats the schedule and the events of an earlier run (default: a new seed, printed)
  --minutes M      injects no further fault after M minutes (default 10)
  --only a,b       only these faults, each once unless --minutes is given
  --short          six fast faults
  --control C      a deliberately broken writer: exit 0 when the checker notices (see docs/reliability.md)
  --failover       a primary that fails with unreplicated commits, and its standby
  --rate N         events per second (default 1500)
  --brokers 1|3    brokers of the cluster (default 1); with three, every topic has three replicas, two of them in sync
  --resume-within N  seconds after a fault within which commits must resume (default 30)
  --list           list the faults
  --help           this text

The report goes to .local/faults/report-<seed>.json, logs to .local/faults/run; everything else is removed.
`,
  drill: `npm run drill -- <drill> [options]

Starts the pipeline on its own servers, publishes events with a known answer, stages an accident, recovers by the documented
commands, compares everything with what the broker acknowledged, and prints what was lost (RPO) and how long it took (RTO).
Exit 0: exact.

  pitr             someone deletes a lot: restore to just before (pgBackRest), and go on
  failover         the primary dies: promote a synchronous standby; a downstream subscription survives
  lost-kafka       the Kafka cluster is gone: continue on an empty one
  upgrade          the services of a former version, replaced one kind after the other, and back
  retention        a month of 10,000,000 measurements is old, and one lot of it on hold: chunks go, folds and loading go on
  replica          query reads a standby: a slow export ends whole while the primary folds; one that is behind is not ready
  alerts           every alert fires and resolves; has options of its own: npm run drill -- alerts --help

  --times N        N runs, each on a fresh system (default 1)
  --seed S         repeats the events of an earlier run (default: a new seed, printed)
  --rate N         events per second (default 800)
  --window D       pitr: days that backups reach back (default 30)
  --store s3       pitr: backups go to an S3 server of its own over TLS (default folder)
  --blocks-expired pitr: the accepted topics no longer reach back to the restored moment
  --from REF       upgrade: the former version, a commit, tag or branch (default 052d6b6)
  --help           this text

The report goes to .local/drill/report-<drill>-<seed>.json, logs to .local/drill/run; everything else is removed.
`,
  'drill alerts': `npm run drill -- alerts [options]

Starts the pipeline with a simulated fab, a Prometheus and an Alertmanager on its own servers, with the rules and the
configuration of monitoring/. Stages one accident after another, waits until each expected alert has reached a webhook,
repairs, and waits until its end has. Prints a table; exit 0: every alert fired and resolved. Takes about 40 minutes.

Every alert is provoked, each through real processes and their metrics. Branches of rules for metrics of CloudNativePG, its
backup plugin, the kubelet and postgres_exporter are not: one machine has none of them. Those are tested with promtool.

  --only a,b       only these accidents
  --factor N       every time of the rules divided by N (default 60: a minute becomes a second); SummaryOld (5),
                   ServiceRestarting (7.5), WritersCompete (15) and BackupOld (1,800) have divisors of their own
  --within S       seconds to wait for an alert, and for its end (default 180)
  --help           this text

Logs go to .local/drill-alerts/run; everything else is removed.
`,
  soak: `npm run soak [-- options]

Runs the pipeline on its own servers under a steady load, asks the API beside it, and shows every hour (in a run of less than a day:
24 times in all) the lag, percentiles of answers, the memory of the largest service, dead rows, unfolded deltas, chunks and
the size of the database. Exit 0: no measure rises between the beginning and the end, nothing restarted, and the ledger has
every acknowledged element.

  --minutes N      length (default 60)
  --rate R         events per second (default 800)
  --compressed     chunks of a minute, four of which are kept, and retention every 30 s: days in minutes
  --seed S         repeats the events of an earlier run (default: a new seed)
  --help           this text

The report goes to .local/soak/report-<seed>.json, logs to .local/soak/run; everything else is removed.
`,
  bench: `npm run bench [-- options]

Measures the pipeline side by side with raw "psql \\copy" of the same rows, on its own Kafka and PostgreSQL servers in
.local/bench, with a fresh database per case: committed rows/s between 10 % and 100 % of a backlog, CPU time, memory,
bytes on disk, and the latency of queries on the loaded data. Prints tables, writes them to bench/latest.json, and
deletes its data.

  --rows N         rows per case (default 1,000,000; inspections scale with it)
  --only TEXT      cases whose name has it: telemetry, inspections, 444 …
  --preload N      one more case: small inspections into a database that already holds N units (such as 5000000)
  --instances LIST each case with so many ingests and as many writers, such as 1,2,4
  --peers          the telemetry cases alone, loaded by Telegraf and Debezium as well; needs Go, which builds the first once

Other measurements, instead of all that, one after the other where several are given:
  --backlogs       all that, first
  --steady         20,000 samples/s and 200 inspections/s for 60 s: from publishing until a session of the database sees
                   them, and CPU time
  --storm          20,000 samples/s and cheap questions, in turns without and with 16 clients that ask for statistics over
                   a year and for exports, 30 s each; prints what the storm costs both
  --rate N         … with N samples/s (default 20,000; with --short 2,000)
  --seconds S      … for S seconds
  --clients N      each question by one and by N clients at once, beside the same statements through a bare client
  --routes         latencies and plans of every GET route
  --aims           what is promised within a time (a year of statistics, a back-test, a map of 100,000 dice) or at a
                   rate (exports with types)
  --size N         --storm, --clients, --routes and --aims: on so many inspections over a year with ten measurements each
                   and ten times as many samples over four weeks, 2k to 100m (default 1m; with --short 20k, over 30
                   days). 10m takes 42 GB of disk, and is refused with less than 55 GB free. Alone, the same as with
                   --routes

  --repeat R       rounds; the tables then show the median and the extremes (default 1)
  --short          10,000 rows, 4 s: shows that everything works, too few to measure speed
  --profile DIR    write CPU profiles of ingest, writer and query there (a few per cent slower)
  --out FILE       write to FILE instead of bench/latest.json
  --help           this text
`,
  fuzz: `npm run fuzz [-- options]

Sends random requests, good and bad, to every route of the query service, without and with a key, on its own servers
with example data. Exit 0: no 5xx, every answer as the OpenAPI document says, no refusal above 1 MiB, no turn of the
event loop above 200 ms of CPU time. Needs Python 3.11 with pip; Schemathesis and its packages go into the cache (70 MB).

  --minutes M      how long (default 10; half of it with a key)
  --seed S         repeats the requests of an earlier run (default: a new seed, printed)
  --help           this text

What was sent and answered is in .local/fuzz/reports, logs in .local/fuzz/run; everything else is removed.
`,
  run: `node tools/devstack/commands/bootstrap.mjs run <project> <entry> [arguments]

Builds the project and runs one of its entries with the addresses of the running stack in its environment.
`,
};
