// What the pages do with a script: copy, stay live, take a person's word. Without it they can be read all the same.
'use strict';
(() => {
  const each = (selector, act, root = document) => root.querySelectorAll(selector).forEach(act);

  async function copy(text) {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    const area = document.createElement('textarea');  // plain HTTP to another host has no clipboard
    area.value = text;
    area.className = 'visually-hidden';
    document.body.append(area);
    area.select();
    const copied = document.execCommand('copy');
    area.remove();
    if (!copied) throw new Error('the browser refused');
  }

  function addCopyButtons(root) {
    each('.sql', (box) => {
      if (box.querySelector('.copy')) return;
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'copy';
      button.textContent = 'Copy';
      button.addEventListener('click', async () => {
        try {
          await copy(box.querySelector('code').textContent);
          button.textContent = 'Copied';
        } catch {
          button.textContent = 'Select it';
          getSelection().selectAllChildren(box.querySelector('code'));
        }
        setTimeout(() => { button.textContent = 'Copy'; }, 2000);
      });
      box.classList.add('with-copy');
      box.append(button);
    }, root);
  }

  const shown = new Intl.DateTimeFormat(undefined, {dateStyle: 'medium', timeStyle: 'medium'});
  function prepare(root) {
    addCopyButtons(root);
    each('.needs-script', (part) => { part.hidden = false; }, root);
    each('time[datetime]', (time) => {
      const moment = new Date(time.dateTime);
      if (!isNaN(moment)) time.title = shown.format(moment) + ', your time';
    }, root);
  }

  // --- live: a new revision is fetched as the page that the server makes of it, and takes the old one's place.
  async function fetched(address) {
    const answer = await fetch(address, {headers: {Accept: 'text/html'}});
    if (!answer.ok) throw new Error(String(answer.status));
    return new DOMParser().parseFromString(await answer.text(), 'text/html');
  }

  async function refreshList() {
    const page = await fetched(location.href);
    const known = new Set([...document.querySelectorAll('.incident')].map((row) => row.dataset.id));
    const fresh = document.importNode(page.querySelector('#list'), true);
    const focused = document.activeElement?.closest?.('.incident')?.dataset.id;
    document.querySelector('#list').replaceWith(fresh);
    document.querySelector('h1').textContent = page.querySelector('h1').textContent;
    document.title = page.title;
    each('.incident', (row) => {
      if (!known.has(row.dataset.id)) row.classList.add('fresh');
      if (row.dataset.id === focused) row.querySelector('a').focus();
    });
    prepare(fresh);
  }

  async function refreshPage() {
    const page = await fetched(location.href);
    const opened = new Map([...document.querySelectorAll('details[id]')].map((box) => [box.id, box.open]));
    const focused = document.activeElement?.id;
    const typed = document.querySelector('#other-cause')?.value;
    const fresh = document.importNode(page.querySelector('#main'), true);
    document.querySelector('#main').replaceWith(fresh);
    document.title = page.title;
    prepare(fresh);
    opened.forEach((open, id) => { const box = document.getElementById(id); if (box) box.open = open; });
    if (typed) document.querySelector('#other-cause').value = typed;
    if (focused) document.getElementById(focused)?.focus();
  }

  function stayLive(what) {
    const lamp = document.querySelector('#live');
    let again = false, running = false;
    const refresh = () => {
      if (running) { again = true; return; }
      running = true;
      (what === 'list' ? refreshList() : refreshPage()).catch(() => {}).finally(() => setTimeout(() => {
        running = false;
        if (again) { again = false; refresh(); }
      }, 500));
    };
    if (what === 'pipeline') {
      setInterval(refresh, 5000);
      return;
    }
    const events = new EventSource('/api/v1/events?since=' + document.body.dataset.revision);
    events.addEventListener('open', () => { lamp.hidden = false; lamp.textContent = 'live'; lamp.classList.remove('lost'); });
    events.addEventListener('error', () => { lamp.hidden = false; lamp.textContent = 'not live'; lamp.classList.add('lost'); });
    events.addEventListener('incidents', (event) => {
      const {ids, all} = JSON.parse(event.data);
      if (all || what === 'list' || what === 'changes' || ids.includes(what)) refresh();
    });
  }

  // --- a person's word
  async function say(id, act, body) {
    const said = document.querySelector('#said');
    said.textContent = 'Sending…';
    try {
      const answer = await fetch(`/api/v1/incidents/${encodeURIComponent(id)}/${act}`, {
        method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)});
      const told = await answer.json().catch(() => ({}));
      if (!answer.ok) throw new Error(told.error ?? `the server answered ${answer.status}`);
      await refreshPage();
      document.querySelector('#said').textContent = 'It is recorded.';
    } catch (failure) {
      document.querySelector('#said').textContent = 'Not recorded: ' + failure.message;
    }
  }

  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-act]');
    if (!button) return;
    const body = {};
    if (button.dataset.withdraw) body.withdrawn = true;
    else if (button.dataset.minutes) body.minutes = Number(button.dataset.minutes);
    if (button.dataset.verdict) body.verdict = button.dataset.verdict;
    say(button.closest('[data-id]').dataset.id, button.dataset.act, body);
  });
  document.addEventListener('submit', (event) => {
    if (event.target.id === 'other') {
      event.preventDefault();
      const input = event.target.elements.cause;
      const cause = input.value.trim();
      if (!cause) return;
      input.value = '';
      say(event.target.closest('[data-id]').dataset.id, 'feedback', {verdict: 'other', cause});
    } else if (event.target.id === 'filters') {  // an address without the filters that are not set
      each('select, input', (field) => { field.disabled = field.value === '' || (field.name === 'sort' && field.value === 'open'); }, event.target);
      setTimeout(() => each('select, input', (field) => { field.disabled = false; }, event.target));
    }
  });
  document.addEventListener('change', (event) => {
    if (event.target.matches('#filters select')) event.target.form.requestSubmit();
  });

  // --- keyboard: / searches, j and k go through the list
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches('input, select, textarea')) return;
    if (event.key === '/') {
      const search = document.querySelector('#q');
      if (search) { event.preventDefault(); search.focus(); }
    } else if (event.key === 'j' || event.key === 'k') {
      const links = [...document.querySelectorAll('.incident h2 a')];
      const at = links.indexOf(document.activeElement);
      links[Math.max(0, Math.min(links.length - 1, event.key === 'j' ? at + 1 : at < 0 ? 0 : at - 1))]?.focus();
    }
  });

  prepare(document);
  if (document.body.dataset.live) stayLive(document.body.dataset.live);
})();
