// A link clicked straight out of a field waits until what was typed there has been sent: Streamlit sends a field's text
// when it loses focus, sometimes after the click, and then with the page before and the address of the link.
(() => {
  if (window.insightLinksWait) return;
  window.insightLinksWait = true;
  const WAIT = 150; // milliseconds: one turn of the page
  const LINKS = '[data-testid="stPageLink"] a';
  const isField = e => !!e && e.matches && e.matches('textarea, input:not([type=checkbox]):not([type=radio])');
  let field = null, waited = false;
  document.addEventListener('mousedown', () => { field = isField(document.activeElement) ? document.activeElement : null; }, true);
  document.addEventListener('click', event => {
    const link = event.target.closest && event.target.closest(LINKS);
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (waited || !field) { waited = false; return; }
    event.preventDefault();
    event.stopImmediatePropagation();
    field.blur();
    field = null;
    const href = link.getAttribute('href'), label = link.textContent;
    setTimeout(() => {
      const same = a => a.getAttribute('href') === href && a.textContent === label;
      const now = link.isConnected ? link : [...document.querySelectorAll(LINKS)].find(same) || link;
      waited = true;
      now.click();
    }, WAIT);
  }, true);
})();
// Back and Forward show a page where it was left: Streamlit draws it anew from its top.
(() => {
  if (window.insightKeepsPlace || !window.navigation) return;
  window.insightKeepsPlace = true;
  const LINKS = '[data-testid="stPageLink"] a';
  const PATIENCE = 15000, TURN = 50, STILL = 20; // milliseconds, and turns: the page before may stand a while
  const left = new Map(); // entry of the history → how far its page was scrolled
  let wanted = null, until = 0, still = 0, clicked = 0;
  window.insightHolds = () => wanted !== null;
  const main = () => document.querySelector('[data-testid="stMain"]');
  const running = () => document.querySelector('[data-testid="stApp"]')?.getAttribute('data-test-script-state') !== 'notRunning';
  const here = () => navigation.currentEntry && navigation.currentEntry.key;
  const keep = () => { if (main()) left.set(here(), main().scrollTop); };
  document.addEventListener('scroll', event => {
    // What follows a click is drawn from its top while the entry is still the old one.
    if (wanted === null && event.target === main() && Date.now() > clicked + PATIENCE) keep();
  }, true);
  const opened = address => ['type', 'case', 'card'].map(name => new URL(address, location).searchParams.get(name)).join();
  document.addEventListener('click', event => {
    keep();
    clicked = Date.now();
    const link = event.target.closest && event.target.closest(LINKS);
    if (link && opened(link.href) !== opened(location.href)) hold(0); // what is opened on the same page begins at its top
  }, true);
  let acted = 0, moved = -1;
  for (const act of ['wheel', 'touchstart', 'keydown', 'pointerdown', 'mousedown']) // a table lets no mousedown through
    document.addEventListener(act, () => { wanted = null; clicked = 0; acted = performance.now(); }, true);
  // After Back and Forward in quick turn a page that was left answers late and would make an entry of its own.
  const push = history.pushState;
  history.pushState = function (...entry) { if (acted > moved) push.apply(this, entry); };
  const restore = () => {
    const page = main();
    if (wanted === null) return;
    if (page) page.scrollTop = wanted; // as far as the page reaches by now
    still = page && !running() ? still + 1 : 0;
    if (Date.now() > until || still > STILL) { wanted = null; return; }
    setTimeout(restore, TURN);
  };
  const hold = place => {
    wanted = place;
    still = 0;
    until = Date.now() + PATIENCE;
    setTimeout(restore, TURN);
  };
  window.addEventListener('popstate', () => { moved = performance.now(); hold(left.get(here()) || 0); });
})();
