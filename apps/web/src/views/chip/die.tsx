/** The chip at one place of a wafer: finds its name, then shows everything about it. */
import { type JSX } from 'preact';
import { useRoute } from 'preact-iso';
import { question } from '../../api/ask.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { useAddress } from '../../shared/location.ts';
import { Panel } from '../../shared/panel.tsx';
import { texts } from '../../texts/texts.ts';
import { ChipDetail } from './chip.tsx';

export function DieView(): JSX.Element {
  const { lot = '', wafer = '', place = '' } = useRoute().params;
  const { site } = useAddress().query;
  const [die_x, die_y] = place.split(',').map(Number);
  const t = texts();
  const answer = useAnswer(
    question('/v1/inspections', { query: { lot_id: lot, site, wafer_id: wafer, die_x, die_y, limit: 1 } }),
    10,
  );
  const found = answer.data?.items[0];
  return found ? (
    <ChipDetail lot={lot} chip={found.chip_id} site={site} wafer={wafer} place={place} />
  ) : (
    <Panel title={t.wafer.die(Number(die_x), Number(die_y))} answer={answer} isEmpty={() => true} empty={t.chip.noChip}>
      {() => null}
    </Panel>
  );
}
