/** What stands behind a number, one click away: definition, state of the data, warning, and the request to repeat it. */
import { type JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import { type Explained } from '../api/answers.ts';
import { statementsOf } from '../api/ask.ts';
import { key } from '../api/session.ts';
import { type Answer } from '../api/use-answer.ts';
import { download, type Sheet } from '../format/csv.ts';
import { whole } from '../format/numbers.ts';
import { Time } from '../format/time.tsx';
import { texts } from '../texts/texts.ts';
import { Copy } from './copy.tsx';

/** A request for a shell; the key is a variable, so that it does not end up in a history or a chat. */
const curlOf = (url: string, body?: string): string =>
  [
    'curl',
    ...(key.value === undefined ? [] : ['--header "Authorization: Bearer $CHIP_KEY"']),
    ...(body === undefined ? [] : ['--json', quoted(body)]),
    quoted(url),
  ].join(' ');

/** A request for Python, without a package that has to be installed. */
const pythonOf = (url: string, body?: string): string =>
  [
    'import json',
    ...(key.value === undefined ? [] : ['import os']),
    'import urllib.request',
    '',
    'request = urllib.request.Request(',
    `    ${JSON.stringify(url)},`,
    ...(body === undefined ? [] : [`    data=json.dumps(json.loads(${JSON.stringify(body)})).encode(),`]),
    '    headers={',
    ...(body === undefined ? [] : ['        "content-type": "application/json",']),
    ...(key.value === undefined ? [] : ['        "authorization": f"Bearer {os.environ[\'CHIP_KEY\']}",']),
    '    },',
    ')',
    'with urllib.request.urlopen(request) as response:',
    '    answer = json.load(response)',
    'print(json.dumps(answer, indent=2))',
    '',
  ].join('\n');

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

export interface ExplainProps {
  /** What is explained. */
  readonly of: string;
  readonly answer: Answer<unknown>;
  /** Size of the sample, where there is one number for it. */
  readonly units?: number | undefined;
  /** What is shown, as a table. */
  readonly sheet?: (() => Sheet) | undefined;
}

/** A button that opens the explanation, which is drawn when it is first opened: most never are. */
export function Explain(props: ExplainProps): JSX.Element | null {
  const { of, answer } = props;
  const id = useId();
  const [isDrawn, setDrawn] = useState(false);
  const t = texts().explain;
  if (answer.url === undefined || answer.data === undefined) {
    return null;
  }
  const { warning } = answer.data as Explained;
  return (
    <>
      {warning !== undefined && (
        <span class="mark warn" aria-hidden="true" title={warning}>
          !
        </span>
      )}
      <button type="button" class="explain" popovertarget={id} aria-label={t.open(of)}>
        i
      </button>
      <div
        id={id}
        popover="auto"
        class="popover"
        role="group"
        aria-label={t.open(of)}
        onBeforeToggle={() => setDrawn(true)}
      >
        {isDrawn && <Explanation {...props} address={answer.url} />}
      </div>
    </>
  );
}

function Explanation({ of, answer, address, units, sheet }: ExplainProps & { address: string }): JSX.Element {
  const t = texts().explain;
  const { definition, definition_id, as_of, warning } = answer.data as Explained;
  const url = new URL(address, location.href).href;
  return (
    <>
      <h3>{of}</h3>
      <dl>
        {warning !== undefined && (
          <>
            <dt class="warn">{t.warning}</dt>
            <dd lang="en">{warning}</dd>
          </>
        )}
        {definition !== undefined && (
          <>
            <dt>{t.definition}</dt>
            <dd lang="en">
              {definition} {definition_id !== undefined && <code>{definition_id}</code>}
            </dd>
          </>
        )}
        {units !== undefined && (
          <>
            <dt>{t.sampleSize}</dt>
            <dd>{whole(units)}</dd>
          </>
        )}
        {as_of !== undefined && (
          <>
            <dt>{t.asOf}</dt>
            <dd>
              {as_of.time === null ? t.noEvents : <Time at={as_of.time} />}
              {as_of.positions.length > 0 && `, ${t.positions(as_of.positions.length)}`}
            </dd>
          </>
        )}
        <dt>{t.request}</dt>
        <dd>
          {answer.body === undefined ? (
            <a href={url} target="_blank" rel="noreferrer">
              <code>{address}</code>
            </a>
          ) : (
            <code>
              POST {address} {answer.body}
            </code>
          )}
        </dd>
      </dl>
      <p class="actions">
        <Copy label={t.copyUrl} text={url} />
        <Copy label={t.copyCurl} text={curlOf(url, answer.body)} />
        <Copy label={t.copyPython} text={pythonOf(url, answer.body)} />
        <Copy label={t.copySql} text={() => statementsOf(url, answer.body)} />
        {sheet && (
          <button type="button" class="small" onClick={() => download(sheet())}>
            {t.csv}
          </button>
        )}
      </p>
    </>
  );
}
