import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { PageState } from '../contract.ts';
import { sendAct, sendWorldAct } from './api.ts';
import { Channels } from './channels.ts';
import { ConfirmProvider } from './confirm.ts';
import { Conversation } from './conversation.ts';
import { type Desk, DeskProvider } from './desk.ts';
import { Guide } from './guide.ts';
import { Home } from './home.ts';
import { html } from './html.ts';
import { Jump } from './jump.ts';
import { KeyList, useKeys } from './keys.ts';
import { LiveRegion } from './live-region.ts';
import { Modal } from './modal.ts';
import { BottomBar, type Pane } from './panes.ts';
import { useRemembered } from './remembered.ts';
import { Thread } from './thread.ts';
import { Toast, useToast } from './toast.ts';
import { TopBar } from './top-bar.ts';
import { type Place, permalink, personAfter, placeAfter, placeIn } from './view.ts';
import { useKeptFocus } from './way-back.ts';
import { World } from './world.ts';

type AppProps = {
  readonly state: PageState;
  readonly lost: boolean;
  readonly onPerson: (key: string) => void;
};

type Target = { readonly ts: string };

export function App({ state, lost, onPerson }: AppProps) {
  const [kept, setKept] = useRemembered('place', '');
  const place = useMemo(() => placeIn(state, kept), [state.channels, kept]);
  const [threadTs, setThread] = useState<string | null>(null);
  const [target, setTarget] = useState<Target | null>(null);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [guide, setGuide] = useRemembered('guide', 'new');
  // Where there is no room beside the messages, a first visitor sees the guide before them.
  const [pane, setPane] = useState<Pane>(guide === 'new' ? 'guide' : 'messages');
  const [drawer, setDrawer] = useState(guide === 'new');
  const [over, setOver] = useState<'jump' | 'keys' | null>(null);
  const [typed, setTyped] = useState<{ readonly text: string } | null>(null);
  const [toast, say, hush] = useToast();

  const me = state.people.find(({ id }) => id === state.me);
  const key = me?.key ?? '';
  const now = new Date(state.world.now);

  const act = useCallback<Desk['act']>(
    async (doing) => {
      const answer = await sendAct({ as: key, ...doing });
      if (!answer.ok) say(answer.error, 'bad');
      return answer;
    },
    [key, say],
  );
  const world = useCallback<Desk['world']>(
    async (doing) => {
      const answer = await sendWorldAct(doing);
      if (!answer.ok) say(answer.error, 'bad');
      return answer;
    },
    [say],
  );

  const open = (to: Place) => {
    setKept(to.is === 'home' ? 'home' : to.id);
    setThread(null);
    setTarget(null);
    setTyped(null);
    setPane('messages');
  };
  const openChannel: Desk['openChannel'] = (id, ts) => {
    open({ is: 'channel', id });
    if (ts === undefined) return;
    const message = state.messages[id]?.find((each) => each.ts === ts);
    if (message?.threadTs != null && !message.broadcast) setThread(message.threadTs);
    setTarget({ ts });
  };
  const openThread: Desk['openThread'] = (ts) => {
    setThread(ts);
    if (ts !== null) setPane('messages');
  };
  const openUrl: Desk['openUrl'] = (url) => {
    const found = permalink(url);
    if (found === null || !state.channels.some(({ id }) => id === found.channel)) return false;
    openChannel(found.channel, found.ts ?? undefined);
    return true;
  };
  const desk: Desk = {
    state,
    place,
    now,
    act,
    world,
    openChannel,
    openThread,
    openUrl,
    nameOf: (id) => state.names[id] ?? id,
    say,
  };

  useKeys({
    jump: () => setOver('jump'),
    next: (by) => open(placeAfter(state, place, by)),
    compose: () => document.querySelector<HTMLElement>('.thread .composer-field, .composer-field')?.focus(),
    nextPerson: () => onPerson(personAfter(state.people, key)),
    thread: () => {
      const ts = document.activeElement?.closest('.conversation .message')?.getAttribute('data-ts');
      const own = place.is === 'channel' ? (state.messages[place.id] ?? []) : [];
      const message = own.find((each) => each.ts === ts) ?? own.findLast(({ replies }) => replies > 0);
      if (message && !message.ephemeral) openThread(message.threadTs ?? message.ts);
    },
    list: () => setOver('keys'),
  });
  useFollowPlayer(state, (id) => openChannel(id));
  useTitle(state, place);
  useKeptFocus();

  const channel = place.is === 'channel' ? state.channels.find(({ id }) => id === place.id) : undefined;
  const messages = channel ? (state.messages[channel.id] ?? []) : [];
  const hide = (ts: string) => setHidden((before) => new Set([...before, ts]));
  const guideOpen = guide !== 'skipped';
  const toggleGuide = () => {
    setGuide(guideOpen ? 'skipped' : 'begun');
    setDrawer(!guideOpen || drawer);
    setPane(guideOpen ? 'messages' : 'guide');
  };
  const begin = () => {
    setGuide('begun');
    setPane('world');
  };
  const skipGuide = () => {
    setGuide('skipped');
    setDrawer(false);
    if (pane === 'guide') setPane('messages');
  };
  const type = ({ channel: id, text }: { channel: string; text: string }) => {
    open({ is: 'channel', id });
    setDrawer(false);
    setTyped({ text });
  };

  return html`<${DeskProvider} value=${desk}>
    <${ConfirmProvider}>
      <div class=${`page ${threadTs === null ? '' : 'with-thread'}`} data-pane=${pane} data-drawer=${drawer ? 'open' : 'closed'}>
        <${TopBar}
          me=${me}
          onPerson=${onPerson}
          onJump=${() => setOver('jump')}
          onKeys=${() => setOver('keys')}
          onWorld=${() => setDrawer(!drawer)}
          worldOpen=${drawer}
          onGuide=${toggleGuide}
          guideOpen=${guideOpen}
        />
        ${
          lost &&
          html`<p class="lost" role="alert">Connection lost. Trying again in 2 s. Nothing you see may be current.</p>`
        }
        <main class="columns">
          <${Channels} onOpen=${open} />
          <div class="center">
            ${
              channel
                ? html`<${Conversation} channel=${channel} hidden=${hidden} onHide=${hide} target=${target} typed=${typed} />`
                : html`<${Home} />`
            }
            ${
              channel &&
              threadTs !== null &&
              html`<${Thread} channel=${channel} messages=${messages} ts=${threadTs} hidden=${hidden} onHide=${hide} target=${target} />`
            }
          </div>
          <div class="scrim" onClick=${() => setDrawer(false)}></div>
          <div class="side">
            ${guideOpen && html`<${Guide} begun=${guide === 'begun'} onBegin=${begin} onSkip=${skipGuide} onType=${type} />`}
            <${World} />
          </div>
        </main>
        <${BottomBar} pane=${pane} unread=${unreadOf(state)} onPane=${(next: Pane) => {
          if (next === 'guide') setGuide(guide === 'skipped' ? 'begun' : guide);
          setPane(next);
        }} />
      </div>
      <${LiveRegion} state=${state} />
      ${state.modal && html`<${Modal} key=${state.modal.id} modal=${state.modal} />`}
      ${over === 'jump' && html`<${Jump} onOpen=${open} onClose=${() => setOver(null)} />`}
      ${over === 'keys' && html`<${KeyList} onClose=${() => setOver(null)} />`}
      <${Toast} toast=${toast} onClose=${hush} />
    <//>
  <//>`;
}

const unreadOf = (state: PageState): number => state.channels.reduce((sum, { unread }) => sum + unread, 0);

function useTitle(state: PageState, place: Place): void {
  const unread = unreadOf(state);
  const name = place.is === 'home' ? 'Home' : `#${state.names[place.id] ?? ''}`;
  useEffect(() => {
    document.title = `${unread > 0 ? `(${unread}) ` : ''}${name} · Pretend workspace`;
  }, [unread, name]);
}

/** While the story is played, the page goes along into the channel that it makes. */
function useFollowPlayer(state: PageState, openChannel: (id: string) => void): void {
  const known = useRef<ReadonlySet<string> | null>(null);
  useEffect(() => {
    const fresh = state.channels.find(
      ({ id, kind }) => kind === 'channel' && known.current?.has(id) === false,
    );
    known.current = new Set(state.channels.map(({ id }) => id));
    if (fresh && state.guide.playing) openChannel(fresh.id);
  }, [state.channels]);
}
