import { type ComponentChildren, type JSX } from 'preact';
import { useId } from 'preact/hooks';
import { type Answer, isWaiting } from '../api/use-answer.ts';
import { type Sheet } from '../format/csv.ts';
import { Explain } from './explain.tsx';
import { Empty, Loading, Outdated, Refused } from './states.tsx';

export interface PanelProps<T> {
  readonly title: string;
  readonly answer: Answer<T>;
  /** Further answers that its content needs; the panel is busy until they are there. */
  readonly also?: readonly Answer<unknown>[];
  /** Whether there is nothing to show. */
  readonly isEmpty?: (data: T) => boolean;
  readonly empty?: ComponentChildren;
  readonly units?: (data: T) => number;
  readonly sheet?: (data: T) => Sheet;
  /** Controls beside the title. */
  readonly controls?: ComponentChildren;
  /** Where links within the view lead to. */
  readonly anchor?: string;
  readonly children: (data: T) => ComponentChildren;
}

/** One answer on screen: its title, its explanation, and the answer or the state that stands in its place. */
export function Panel<T>(props: PanelProps<T>): JSX.Element {
  const { title, answer, also = [], isEmpty, empty, units, sheet, controls, children } = props;
  const { data, problem, reload, cancel } = answer;
  const id = useId();
  return (
    <section
      class="panel"
      id={props.anchor}
      aria-labelledby={id}
      aria-busy={isWaiting(answer) || also.some((one) => one.url !== undefined && isWaiting(one))}
    >
      <header>
        <h2 id={id}>{title}</h2>
        <Explain
          of={title}
          answer={answer}
          units={data === undefined ? undefined : units?.(data)}
          sheet={data !== undefined && sheet ? () => sheet(data) : undefined}
        />
        {controls}
        {data !== undefined && <Outdated problem={problem} />}
      </header>
      {data !== undefined ? (
        isEmpty?.(data) ? (
          <Empty>{empty}</Empty>
        ) : (
          children(data)
        )
      ) : problem ? (
        <Refused problem={problem} retry={reload} />
      ) : (
        <Loading cancel={cancel} />
      )}
    </section>
  );
}
