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
