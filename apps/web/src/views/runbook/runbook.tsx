/** What to do about a state or an error code. The pages come with the build: a fab has no way to another host. */
import { type JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useRoute } from 'preact-iso';
import { Empty, Loading } from '../../shared/states.tsx';
import { Title } from '../../shared/title.tsx';
import { texts } from '../../texts/texts.ts';

export function Runbook(): JSX.Element {
  const { code = '' } = useRoute().params;
  const [pages, setPages] = useState<Readonly<Record<string, string>>>();
  const t = texts().runbook;
  useEffect(() => void import('virtual:runbooks').then(({ runbooks }) => setPages(runbooks)), []);
  const html = pages && Object.hasOwn(pages, code) ? pages[code] : undefined;
  return (
    <>
      <Title>{t.title(code)}</Title>
      <section class="panel runbook" aria-label={t.label}>
        {pages === undefined ? (
          <Loading />
        ) : html === undefined ? (
          <Empty>{t.none}</Empty>
        ) : (
          <div lang="en" dangerouslySetInnerHTML={{ __html: html }} />
        )}
      </section>
    </>
  );
}
