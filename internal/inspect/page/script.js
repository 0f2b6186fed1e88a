// The pages of the inspector work without this script. It updates the list of
// flows and shows another part of a flow without changing the scroll position.
// The server renders everything that it shows.
'use strict';

// point scrolls each text to its marked line.
function point() {
	for (const box of document.querySelectorAll('.detail .code')) {
		const line = box.querySelector('.here, .lost');
		if (line && line.offsetTop + line.offsetHeight > box.clientHeight) box.scrollTop = line.offsetTop - box.clientHeight / 2;
	}
}

// page fetches a page and returns its document.
function page(address) {
	return new Promise((resolve, reject) => {
		const ask = new XMLHttpRequest();
		ask.responseType = 'document';
		ask.open('GET', address);
		ask.onload = () => (ask.status === 200 && ask.response ? resolve(ask.response) : reject(new Error('status ' + ask.status)));
		ask.onerror = () => reject(new Error('not reached'));
		ask.send();
	});
}

// put replaces the element with an id by that of another document.
function put(from, id) {
	const fresh = from.getElementById(id), old = document.getElementById(id);
	if (fresh && old) {
		old.replaceWith(document.adoptNode(fresh));
		return true;
	}
	return false;
}

// Live: the server announces new flows, and the list fetches itself.
function live() {
	const bar = document.querySelector('[data-live]');
	if (!bar || !window.EventSource) return;
	const news = document.getElementById('news');
	const dot = document.createElement('span');
	dot.className = 'dot';
	dot.setAttribute('aria-hidden', 'true');
	const button = document.createElement('button');
	button.type = 'button';
	button.className = 'quietly';
	bar.prepend(dot);
	bar.append(button);
	let paused = false, waiting = 0, busy = false, again = false, told = 0;

	const say = () => {
		button.textContent = paused ? 'Resume' : 'Pause';
		if (paused) news.textContent = waiting ? 'Paused. ' + waiting + (waiting === 1 ? ' new flow' : ' new flows') : 'Paused';
		bar.classList.toggle('on', !paused);
	};
	const refresh = async () => {
		if (busy) { again = true; return; }
		busy = true;
		try {
			const before = new Set([...document.querySelectorAll('#list tr[id]')].map((row) => row.id));
			const focused = document.activeElement && document.activeElement.closest('#list tr[id]');
			const fresh = await page(location.href);
			put(fresh, 'facts');
			if (put(fresh, 'list')) {
				for (const row of document.querySelectorAll('#list tr[id]')) row.classList.toggle('new', before.size > 0 && !before.has(row.id));
				const back = focused && document.getElementById(focused.id);
				if (back) back.querySelector('a').focus({ preventScroll: true });
			}
			// Announce new flows to screen readers only from time to time.
			if (waiting && Date.now() - told > 4000) {
				news.textContent = waiting === 1 ? '1 new flow' : waiting + ' new flows';
				told = Date.now();
				waiting = 0;
			}
		} catch (gone) {
			news.textContent = 'The app does not respond';
		}
		busy = false;
		if (again) { again = false; refresh(); }
	};
	button.addEventListener('click', () => {
		paused = !paused;
		if (!paused) { news.textContent = 'Live'; waiting = 0; refresh(); }
		say();
	});
	const stream = new EventSource('/live');
	stream.addEventListener('flows', (event) => {
		waiting += Number(event.data) || 0;
		if (paused) say(); else refresh();
	});
	stream.onopen = () => { if (!paused) { news.textContent = 'Live'; bar.classList.add('on'); } };
	stream.onerror = () => { news.textContent = 'Waiting for the app'; bar.classList.remove('on'); };
	addEventListener('pagehide', () => stream.close());
	say();
}

// shown is the address of the current page.
let shown = location.pathname + location.search;

// Swap: a link within a flow changes the details, not the scroll position.
async function swap(address, keep, focus) {
	const places = [...document.querySelectorAll('[data-keep]')].map((x) => [x.dataset.keep, x.scrollLeft, x.scrollTop, x.open]);
	const y = scrollY;
	const fresh = await page(address);
	if (!put(fresh, 'main')) throw new Error('no page');
	document.title = fresh.title;
	if (keep) {
		history.pushState(null, '', address);
		shown = location.pathname + location.search;
	}
	for (const [name, left, top, open] of places) {
		const x = document.querySelector('[data-keep="' + name + '"]');
		if (!x) continue;
		x.scrollLeft = left;
		x.scrollTop = top;
		if (open !== undefined) x.open = open;
	}
	scrollTo(0, y);
	point();
	const title = document.getElementById('detail-title');
	if (!title || !focus) return;
	title.focus({ preventScroll: true });
	const box = title.getBoundingClientRect();
	if (box.top < 0 || box.bottom > innerHeight) title.scrollIntoView({ block: 'start' });
}

document.addEventListener('click', (event) => {
	const link = event.target.closest('a[data-swap]');
	if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
	event.preventDefault();
	const address = new URL(link.href.baseVal || link.getAttribute('href'), location.href).href;
	swap(address, true, true).catch(() => location.assign(address));
});
addEventListener('popstate', () => {
	if (shown === location.pathname + location.search) return; // a fragment of the same page
	shown = location.pathname + location.search;
	if (document.getElementById('detail')) swap(location.href, false, false).catch(() => location.reload());
});

// "/" focuses the search field.
document.addEventListener('keydown', (event) => {
	if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
	const box = document.querySelector('input[type=search]');
	if (box) { event.preventDefault(); box.focus(); box.select(); }
});

point();
live();
