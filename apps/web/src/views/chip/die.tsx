/** The chip at one place of a wafer: finds its name, then shows everything about it. */
import { type JSX } from 'preact';
import { useRoute } from 'preact-iso';
import { question } from '../../api/ask.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { useAddress } from '../../shared/location.ts';
import { Panel } from '../../shared/panel.tsx';
import { Empty } from '../../shared/states.tsx';
import { Title } from '../../shared/title.tsx';
import { texts } from '../../texts/texts.ts';
import { ChipDetail } from './chip.tsx';

export function DieView(): JSX.Element {
  const { lot = '', wafer = '', place = '' } = useRoute().params;
  const { site } = useAddress().query;
  const [die_x = NaN, die_y = NaN] = place.split(',').map(Number);
  const isPlace = Number.isSafeInteger(die_x) && Number.isSafeInteger(die_y);
  const t = texts();
  const answer = useAnswer(
    isPlace
      ? question('/v1/inspections', { query: { lot_id: lot, site, wafer_id: wafer, die_x, die_y, limit: 1 } })
      : undefined,
    10,
  );
  const found = answer.data?.items[0];
  if (found) {
    return <ChipDetail lot={lot} chip={found.chip_id} site={site} wafer={wafer} place={place} />;
  }
  const title = isPlace ? t.wafer.die(die_x, die_y) : place;
  return (
    <>
      <Title>{t.wafer.title(wafer, lot)}</Title>
      {isPlace ? (
        <Panel title={title} answer={answer} isEmpty={() => true} empty={t.chip.noChip}>
          {() => null}
        </Panel>
      ) : (
        <section class="panel">
          <h2>{title}</h2>
          <Empty>{t.chip.noChip}</Empty>
        </section>
      )}
    </>
  );
}
