// node_modules/preact/dist/preact.mjs
var e, t, n, r, i, a, o, s, c, l, u, d = Symbol.for("pv"), f = {}, p = [], m = /^m(i|n|o|s|text|space)$/, h = Array.isArray, g = p.slice, _ = Object.assign;
function v(e) {
	e && e.parentNode && e.remove();
}
function y(n, r, i, a, o) {
	var s = {
		type: n,
		props: r,
		key: i,
		ref: a,
		__k: null,
		__: null,
		__b: 0,
		__e: null,
		__c: null,
		constructor: d,
		__v: o || ++t,
		__i: -1,
		__u: 0
	};
	return !o && e.vnode && e.vnode(s), s;
}
function b(e) {
	return e.children;
}
function x(e, t) {
	this.props = e, this.context = t, this.__g = 0;
}
function S(e, t) {
	if (t == null) return e.__ && S(e.__, e.__i + 1);
	for (var n; t < e.__k.length; t++) if ((n = e.__k[t]) && n.__e) return n.__e;
	return typeof e.type != "function" || e.props.__P ? null : S(e);
}
function C(t) {
	var n, r = t.__v, i = r.__e, a = [], o = [], s = t.__P;
	s && ((n = _({ constructor: d }, r)).__v = r.__v + 1, e.vnode && e.vnode(n), M(s, n, r, t.__n, s.namespaceURI, 32 & r.__u ? [i] : null, a, i || S(r), 32 & r.__u, o), n.__v = r.__v, n.__.__k[n.__i] = n, P(a, n, o), r.__ = r.__e = null, n.__e != i && w(n));
}
function w(e) {
	if ((e = e.__) && e.__c && !e.props.__P) return e.__e = null, e.__k.some(function(t) {
		return t && (e.__e = t.__e);
	}), w(e);
}
function T(t) {
	(8 & t.__g || (t.__g |= 8, n.push(t), i++)) && r == e.debounceRendering || ((r = e.debounceRendering) || queueMicrotask)(E);
}
function E() {
	try {
		for (var e, t = 1; n.length;) n.length > t && n.sort(a), e = n.shift(), t = n.length, 8 & e.__g && C(e);
	} finally {
		(i = n.length) && (r || queueMicrotask)(E);
	}
}
function ee(e, t, n, r, i, a, o, s, c, l, u) {
	var d, m, h, g, _, v, y = r.__k || p, b = t.length;
	for (c = D(n, t, y, c, b), d = 0; d < b; d++) (h = n.__k[d]) != null && (m = ~h.__i && y[h.__i] || f, h.__i = d, v = M(e, h, m, i, a, o, s, c, l, u), g = h.__e, (m.ref != h.ref || 8 & m.__u) && (m.ref && F(m.ref, null, h, m), h.ref && u.push(h.ref, h.__c || g, h)), _ ||= g, 4 & h.__u ? (c = O(h, c, e, !m.__v), m.__e && (m.__e = null)) : typeof h.type == "function" && v !== void 0 ? c = v : g && (c = g.nextSibling), h.__u &= -21);
	return n.__e = _, c;
}
function D(e, t, n, r, i) {
	var a, o, s, c, l, u, f, p, m, g = n.length, _ = g, v = 0, x = 0, C = e.__k = Array(i);
	for (a = 0; a < i; a++) (o = t[a]) != null && typeof o != "boolean" && typeof o != "function" ? (typeof o != "object" || o.constructor === String ? o = C[a] = y(null, o) : h(o) ? o = C[a] = y(b, { children: o }) : o.constructor === d && o.__b ? o = C[a] = y(o.type, o.props, o.key, o.ref, o.__v) : C[a] = o, c = a + v, o.__ = e, o.__b = e.__b + 1, s = null, ~(l = o.__i = k(o, n, c, _)) && (_--, (s = n[l]) && (s.__u |= 2)), s && s.__v ? (o.__u |= 16, l == c - 1 ? v-- : l == c + 1 ? v++ : l != c && (l > c ? v-- : v++, x = 1)) : (~l || (i > g ? v-- : i < g && v++), typeof o.type != "function" && (o.__u |= 4))) : C[a] = null;
	if (x) {
		for (u = [], f = [], a = 0; a < i; a++) if ((o = C[a]) && 16 & o.__u) {
			for (v = 0, p = u.length; v < p;) u[m = v + p >> 1] < o.__i ? v = m + 1 : p = m;
			u[v] = o.__i, f[a] = v + 1;
		}
		for (v = u.length; a--;) f[a] && (f[a] == v ? v-- : C[a].__u |= 4);
	}
	if (_) for (a = 0; a < g; a++) !(s = n[a]) || 2 & s.__u || (s.__e == r && (r = S(s)), ie(s, s));
	return r;
}
function O(e, t, n, r) {
	var i, a, o, s;
	if (typeof e.type == "function") {
		if (e.props.__P) return t;
		if (i = e.__k) for (a = 0; a < i.length; a++) i[a] && (i[a].__ = e, t = O(i[a], t, n, !1));
		return t;
	}
	for (t && !t.parentNode && (t = S(e)) && !t.parentNode && (t = null), o = e.__e, s = t; s && s.nodeType == 8;) s = s.nextSibling;
	for (o != s && (!r && n.moveBefore && o.parentNode ? n.moveBefore(o, t) : n.insertBefore(o, t || null)), t = o; (t &&= t.nextSibling) && t.nodeType == 8 && !t.data.startsWith("$s"););
	return t;
}
function k(e, t, n, r) {
	var i, a = e.key, o = e.type, s = t[n], c = s && !(2 & s.__u);
	if (s === null && a == null || c && a == s.key && o == s.type) return n;
	if (r > +!!c) {
		for (i = n - 1; i >= 0; i--) if ((s = t[i]) && !(2 & s.__u) && a == s.key && o == s.type) return i;
		for (i = n + 1; i < t.length; i++) if ((s = t[i]) && !(2 & s.__u) && a == s.key && o == s.type) return i;
	}
	return -1;
}
function A(e, t, n) {
	n ??= "", t[0] == "-" ? e.setProperty(t, n) : e[t] = n;
}
function j(e, t, n, r, i) {
	var a, o;
	if (t == "style") {
		if (typeof n == "string") e.style.cssText = n;
		else {
			if (typeof r == "string" && (e.style.cssText = r = ""), r) for (t in r) n && t in n || A(e.style, t);
			if (n) for (t in n) r && n[t] == r[t] || A(e.style, t, n[t]);
		}
	} else if (t[0] == "o" && t[1] == "n") typeof n != "function" && (n = null), typeof r != "function" && (r = null), (e.__e ||= {})[t] = n, n && r || (o = l[t] || (l[t] = te(t)), (e.__a ||= {})[t] = c, a = t != (t = t.replace(s, "$1")), (t = t.slice(2))[0] < "a" && (t = t.toLowerCase()), n ? e.addEventListener(t, o, a) : e.removeEventListener(t, o, a));
	else {
		if (i == "http://www.w3.org/2000/svg") t = t.replace(/xlink(H|:h)/, "h").replace(/sName$/, "s");
		else if (t != "width" && t != "height" && t != "href" && t != "list" && t != "form" && t != "tabIndex" && t != "download" && t != "rowSpan" && t != "colSpan" && t != "role" && t != "popover" && t in e) try {
			e[t] = n ?? "";
			return;
		} catch {}
		if (typeof n == "function") return;
		n == null || !1 === n && t[4] != "-" ? e.removeAttribute(t) : e.setAttribute(t, t == "popover" && n == 1 ? "" : n);
	}
}
function te(t) {
	return function(n) {
		var r = this.__e;
		if (r) {
			if (r = r[t], n[o] == null) n[o] = c++;
			else if (n[o] < this.__a[t]) return;
			return r(e.event ? e.event(n) : n);
		}
	};
}
function M(t, n, r, i, a, o, s, c, l, u) {
	var f, m, g, y, C, w, T, E, D, O, k, A, j, te, M, P, F, I, L = n.type;
	if (n.constructor !== d) return null;
	128 & r.__u && (l = 32 & r.__u, f = r.__c.__z) && (n.__u |= l, m = o = [], f.nodeType == 8 ? c = N(f, o) : o.push(f), c = o[0] || c), (f = e.__b) && f(n);
	n: if (typeof L == "function") {
		g = s.length;
		try {
			if (E = n.props, D = (f = L.prototype) && f.render, O = (f = L.contextType) && i[f.__c], k = f ? O ? O.props.value : f.__ : i, (y = r.__c) ? (n.__c = y, 2 & y.__g && (y.__g |= 1)) : (D ? n.__c = y = new L(E, k) : (n.__c = y = new x(E, k), y.constructor = L, y.render = ae), O && O.sub(y), y.state || (y.state = {}), y.__n = i, y.__g |= 8, y.__h = [], y.__k = []), D && (y.__s || (y.__s = y.state), L.getDerivedStateFromProps && (y.__s == y.state && (y.__s = _({}, y.__s)), _(y.__s, L.getDerivedStateFromProps(E, y.__s)))), C = y.props, w = y.state, y.__v = n, r.__c) {
				if (E !== C && D && !L.getDerivedStateFromProps && y.componentWillReceiveProps && y.componentWillReceiveProps(E, k), n.__v == r.__v && !(8 & y.__g) || !(4 & y.__g) && y.shouldComponentUpdate && !1 === y.shouldComponentUpdate(E, y.__s, k)) {
					n.__v != r.__v && (y.props = E, y.state = y.__s, y.__g &= -9), n.__e = r.__e, n.__k = r.__k, n.__k.some(function(e) {
						e && (e.__ = n);
					}), p.push.apply(y.__h, y.__k), y.__k = [], y.__h.length && s.push(y), c = S(r);
					break n;
				}
				y.componentWillUpdate && y.componentWillUpdate(E, y.__s, k), D && y.componentDidUpdate && y.__h.push(function() {
					y.componentDidUpdate(C, w, T);
				});
			} else D && !L.getDerivedStateFromProps && y.componentWillMount && y.componentWillMount(), D && y.componentDidMount && y.__h.push(y.componentDidMount);
			y.context = k, y.props = E, y.__P = t, y.__g &= -5, A = e.__r, j = D ? 25 : 0;
			do
				y.__g &= -9, A && A(n), f = y.render(y.props, y.state = y.__s, y.context);
			while (8 & y.__g && ++j < 25);
			D && (p.push.apply(y.__h, y.__k), y.__k = []), y.state = y.__s, y.getChildContext && (i = _({}, i, y.getChildContext())), D && r.__c && y.getSnapshotBeforeUpdate && (T = y.getSnapshotBeforeUpdate(C, w)), te = f && f.type === b && f.key == null ? f.props.children : f, E.__P && (f = c, a = (t = E.__P).namespaceURI, l = o = null, r.props && r.props.__P != t && (r.__k.some(function(e) {
				e && ie(e, e);
			}), r.__k = null), c = r.__k ? S(r, 0) : null), c = ee(t, h(te) ? te : [te], n, r, i, a, o, s, c, l, u), E.__P && (n.__e = null, c = f), n.__u &= -161, m && m.some(v), y.__h.length && s.push(y), 1 & y.__g && (y.__g &= -4);
		} catch (t) {
			if (s.length = g, n.__v = null, l || o) {
				if (t && t.then) {
					if (n.__u |= 128 | l, o) {
						for (~(F = o.indexOf(c || void 0)) || (F = o.length); (I = o[F - 1]) && I.nodeType == 8;) F--;
						for (; F < o.length; F++) if (I = o[F]) {
							if (o[F] = null, M) {
								if (I == P) break;
							} else {
								if (I.nodeType != 8) break;
								I.data.startsWith("$s") && (P = N(M = I));
							}
						}
					}
					if (!M) {
						for (; c && c.nodeType == 8 && c.nextSibling;) c = c.nextSibling;
						M = c;
					}
					(f = N(M = n.__c.__z || (n.__c.__z = M))) ? (n.__e = M, c = f) : n.__e = c, c &&= c.nextSibling;
				} else o && o.some(v);
			} else n.__e = r.__e;
			n.__k ||= r.__k || [], t && t.then || ne(n), e.__e(t, n, r);
		}
	} else c = n.__e = re(r.__e, n, r, i, a, o, s, l, u, t);
	return (f = e.diffed) && f(n), c;
}
function N(e, t) {
	if (e && e.nodeType == 8 && e.data.startsWith("$s")) for (var n = 1; e = e.nextSibling;) {
		if (e.nodeType == 8) {
			if (e.data.startsWith("$s")) n++;
			else if (e.data.startsWith("/$s") && !--n) return e;
		}
		t && t.push(e);
	}
}
function ne(e) {
	e && (e.__c && (e.__c.__g |= 4), e.__k && e.__k.some(ne));
}
function P(t, n, r) {
	for (var i = 0; i < r.length;) F(r[i++], r[i++], r[i++]);
	e.__c && e.__c(n, t), t.some(function(n) {
		try {
			t = n.__h, n.__h = [], t.some(function(e) {
				e.call(n);
			});
		} catch (t) {
			e.__e(t, n.__v);
		}
	});
}
function re(t, n, r, i, a, o, s, c, l, u) {
	var d, p, _, y, b, x, C, w, T = r.props || f, E = n.props, D = n.type;
	if (D == "svg" ? a = "http://www.w3.org/2000/svg" : D == "math" ? a = "http://www.w3.org/1998/Math/MathML" : a ||= "http://www.w3.org/1999/xhtml", o) {
		for (d = 0; d < o.length; d++) if ((b = o[d]) && (D ? b.localName == D : b.nodeType == 3)) {
			t = b, o[d] = null;
			break;
		}
	}
	if (!t) {
		if (w = u.ownerDocument || document, !D) return w.createTextNode(E);
		t = w.createElementNS(a, D, E.is ? E : u), c &&= (e.__m && e.__m(n, o), !1), o = null;
	}
	if (D) {
		if (u = D == "template" && t.content || t, o = D == "textarea" && E.defaultValue != null ? null : o && g.call(u.childNodes), !c && o) for (T = {}, d = 0; d < t.attributes.length; d++) T[(b = t.attributes[d]).name] = b.value;
		for (d in T) b = T[d], d == "dangerouslySetInnerHTML" ? _ = b : d == "children" || d in E || d == "value" && "defaultValue" in E || d == "checked" && "defaultChecked" in E || j(t, d, null, b, a);
		for (d in E) b = E[d], d == "children" ? y = b : d == "dangerouslySetInnerHTML" ? p = b : d == "value" ? x = b : d == "checked" ? C = b : c && typeof b != "function" || T[d] === b || j(t, d, b, T[d], a);
		p ? (c || _ && (p.__html == _.__html || p.__html == t.innerHTML) || (t.innerHTML = p.__html), n.__k = []) : (_ && (t.textContent = ""), (D == "foreignObject" || a == "http://www.w3.org/1998/Math/MathML" && m.test(D)) && (a = "http://www.w3.org/1999/xhtml"), ee(u, h(y) ? y : [y], n, r, i, a, o, s, o ? o[0] : r.__k && S(r, 0), c, l), o && o.some(v)), c && D != "textarea" || (d = "value", D == "progress" && x == null ? t.removeAttribute(d) : x == null || x === t[d] && (D != "progress" || x) || j(t, d, x, T[d], a), d = "checked", C != null && C != t[d] && j(t, d, C, T[d], a));
	} else T === E || c && t.data == E || (t.data = E);
	return t;
}
function F(t, n, r, i) {
	try {
		typeof t == "function" ? n ? n.__x = t(n) || 1 : (i &&= i.__c || i.__e) && (n = i.__x) && (i.__x = null, typeof n == "function" ? n() : t(null)) : t.current = n;
	} catch (t) {
		e.__e(t, r);
	}
}
function ie(t, n, r) {
	var i, a, o, s;
	if (e.unmount && e.unmount(t), !(i = t.ref) || i.current && i.current != t.__e || F(i, null, n, t), i = t.__c) {
		if (i.componentWillUnmount) try {
			i.componentWillUnmount();
		} catch (t) {
			e.__e(t, n);
		}
		i.__P = i.__n = null;
	}
	if (i = t.__k) for (s = 0; s < i.length; s++) i[s] && ie(i[s], n, typeof t.type != "function" || r && !t.props.__P);
	!r && (i = t.__c) && (i = i.__z) && (a = N(i, o = [])) && (i == t.__e && o.some(v), v(a), v(i)), r || v(t.__e), t.__e = t.__c = t.__ = null;
}
function ae(e, t, n) {
	return this.constructor(e, n);
}
function I(t, n) {
	var r, i, a, o;
	e.__ && e.__(t, n), n.nodeType == 9 && (n = n.documentElement), i = (r = t && 32 & t.__u) ? null : n.__k, n.__k = y(b, { children: [t] }), a = [], o = [], M(n, n.__k, i || f, f, n.namespaceURI, i ? null : n.firstChild ? g.call(n.childNodes) : null, a, i ? i.__e : n.firstChild, r, o), P(a, n.__k, o), n.__k.props.children = null;
}
function L(e) {
	function t(e) {
		var n, r;
		return this.getChildContext || (n = /* @__PURE__ */ new Set(), (r = {})[t.__c] = this, this.getChildContext = function() {
			return r;
		}, this.shouldComponentUpdate = function(e) {
			this.props.value != e.value && n.forEach(function(e) {
				e.__g |= 4, T(e);
			});
		}, this.sub = function(e) {
			n.add(e);
			var t = e.componentWillUnmount;
			e.componentWillUnmount = function() {
				n.delete(e), t && t.call(e);
			};
		}), e.children;
	}
	return t.__c = "__cC" + u++, t.__ = e, t.Provider = (t.Consumer = function(e, t) {
		return e.children(t);
	}).contextType = t, t;
}
e = { __e: function(e, t, n, r) {
	for (var a, o, s; t = t.__;) if ((a = t.__c) && !(1 & a.__g)) {
		a.__g |= 4;
		try {
			if ((s = (o = a.constructor) && o.getDerivedStateFromError) && a.setState(o.getDerivedStateFromError(e)), a.componentDidCatch && (a.componentDidCatch(e, r || {}), s = 1), s && 8 & a.__g) return void (a.__g |= 2);
		} catch (t) {
			e = t;
		}
	}
	throw i = 0, e;
} }, t = 0, x.prototype.setState = function(e, t) {
	var n = this.__s;
	n && n != this.state || (n = this.__s = _({}, this.state)), typeof e == "function" && (e = e(_({}, n), this.props)), e && (_(n, e), this.__v && (t && this.__k.push(t), T(this)));
}, x.prototype.forceUpdate = function(e) {
	this.__v && (this.__g |= 4, e && this.__h.push(e), T(this));
}, x.prototype.render = b, n = [], i = 0, a = function(e, t) {
	return e.__v.__b - t.__v.__b;
}, o = Symbol(), s = /(PointerCapture)$|Capture$/i, c = 0, l = {}, u = 0;
// src/style/base.css?inline
var oe = "*,:before,:after{box-sizing:border-box}html{-webkit-text-size-adjust:100%}body{background:var(--paper);color:var(--ink);font:var(--text-m)/1.45 var(--font);font-feature-settings:\"cv05\", \"ss03\";margin:0}#page,.frame{height:100dvh}.frame{grid-template-rows:auto minmax(0,1fr);display:grid}h1,h2,h3,p,dl,dd,ul,ol{margin:0;padding:0}ul,ol{list-style:none}h1{font-size:var(--text-xl);letter-spacing:-.015em;font-weight:650}h2{font-size:var(--text-l);letter-spacing:-.01em;font-weight:620}h3{font-size:var(--text-s);color:var(--ink-2);font-weight:620}button,input,select{font:inherit;color:inherit}code,kbd,pre,.mono{font-family:var(--mono);font-size:.95em}a{color:var(--accent)}:focus-visible{outline:2px solid var(--focus);outline-offset:1px}:focus:not(:focus-visible){outline:none}::selection{background:var(--accent-soft)}.grow{flex:1}.muted,.none{color:var(--ink-3)}.away{clip-path:inset(50%);white-space:nowrap;width:1px;height:1px;margin:-1px;position:absolute;overflow:hidden}.icon{fill:none;stroke:currentColor;stroke-width:1.5px;stroke-linecap:round;stroke-linejoin:round;flex:none;width:16px;height:16px}.logo rect{fill:#0b6b5d}.logo path{fill:none;stroke:#fff;stroke-width:2px;stroke-linejoin:round}.skip{z-index:10;background:var(--raised);border-radius:var(--radius);box-shadow:var(--shadow);padding:8px 12px;position:absolute;top:-60px;left:8px}.skip:focus{top:8px}kbd{border:1px solid var(--line);background:var(--surface);min-width:1.5em;color:var(--ink-2);font-size:var(--text-xs);text-align:center;border-bottom-width:2px;border-radius:4px;padding:0 5px;line-height:1.5;display:inline-block}.top{align-items:center;gap:var(--s2);height:48px;padding:0 var(--s4);background:var(--surface);border-bottom:1px solid var(--line);display:flex}.brand{align-items:center;gap:var(--s2);color:var(--ink);font-size:var(--text-l);letter-spacing:-.02em;text-decoration:none;display:flex}.organization{max-width:220px;margin-left:var(--s2);border:1px solid var(--line);border-radius:var(--radius);color:var(--ink-2);font-size:var(--text-s);background:0 0;align-items:center;gap:4px;padding:3px 8px;display:inline-flex}.organization>span,span.organization{text-overflow:ellipsis;white-space:nowrap;overflow:hidden}button.organization{cursor:pointer}button.organization:hover{background:var(--hover)}.nav{margin-left:var(--s4);align-self:stretch;gap:2px;display:flex}.nav a{padding:0 var(--s3);color:var(--ink-2);border-top:2px solid #0000;border-bottom:2px solid #0000;align-items:center;gap:6px;font-weight:500;text-decoration:none;display:flex}.nav a:hover{color:var(--ink);background:var(--hover)}.nav a[aria-current]{color:var(--ink);border-bottom-color:var(--accent)}.nav a[aria-current] .icon{color:var(--accent)}main{outline:none;min-width:0;min-height:0;container:page/inline-size}.button{min-height:var(--control);padding:0 var(--s3);border:1px solid var(--line);border-radius:var(--radius);background:var(--surface);color:var(--ink);white-space:nowrap;cursor:pointer;transition:background var(--quick), border-color var(--quick);justify-content:center;align-items:center;gap:6px;font-weight:500;text-decoration:none;display:inline-flex}.button:hover{background:var(--hover);border-color:var(--ink-3)}.button:active{background:var(--selected)}.button:disabled{opacity:.55;cursor:default}.button .icon{color:var(--ink-3)}.button.primary{background:var(--accent);border-color:var(--accent);color:var(--accent-ink)}.button.primary:hover{filter:brightness(1.08)}.button.small{min-height:26px;padding:0 var(--s2);font-size:var(--text-s)}.button.on,.button[aria-pressed=true]{background:var(--accent-soft);border-color:var(--accent)}.button.on .icon{color:var(--accent)}.icon-button{width:var(--control);height:var(--control);border-radius:var(--radius);color:var(--ink-2);cursor:pointer;background:0 0;border:0;place-items:center;padding:0;display:inline-grid}.icon-button:hover{background:var(--hover);color:var(--ink)}.icon-button:disabled{opacity:.4;cursor:default}.icon-button.small{width:24px;height:24px}.icon-button.small .icon{width:14px;height:14px}.link{color:var(--accent);font-size:inherit;text-underline-offset:2px;cursor:pointer;background:0 0;border:0;padding:0;text-decoration:underline;text-decoration-thickness:1px}.link:hover{text-decoration-thickness:2px}.row-buttons{align-items:center;gap:var(--s2);flex-wrap:wrap;display:flex}.row-buttons.end{justify-content:flex-end}.say{color:var(--ink-3);font-size:var(--text-s)}.say.wrong,.wrong>.say{color:var(--denied)}input[type=text],input[type=password],input[type=search]{width:100%;min-height:var(--control);border:1px solid var(--line-strong);border-radius:var(--radius);background:var(--surface);padding:4px 10px}input::placeholder{color:var(--ink-3);opacity:1}input[aria-invalid=true]{border-color:var(--denied)}label{color:var(--ink-2);font-size:var(--text-s);font-weight:500}.badge{font-size:var(--text-s);white-space:nowrap;border-radius:99px;align-items:center;gap:4px;padding:1px 8px 1px 6px;font-weight:550;display:inline-flex}.badge .icon{stroke-width:1.8px;width:13px;height:13px}.badge-success{background:var(--success-soft);color:var(--success)}.badge-failure{background:var(--failure-soft);color:var(--failure)}.badge-denied{background:var(--denied-soft);color:var(--denied)}.badge.quiet.badge-success{color:var(--ink-3);background:0 0;padding-inline:0;font-weight:450}.avatar{background:hsl(var(--hue) 42% 88%);width:22px;height:22px;color:hsl(var(--hue) 55% 24%);letter-spacing:.02em;border-radius:50%;flex:none;place-items:center;font-size:9px;font-weight:700;display:inline-grid}.avatar-system,.avatar-nobody,.avatar-anonymized{background:var(--sunken);color:var(--ink-3);font-size:11px}@media (prefers-color-scheme:dark){:root:not([data-theme=light]) .avatar:not([class*=avatar-]){background:hsl(var(--hue) 28% 26%);color:hsl(var(--hue) 60% 82%)}}[data-theme=dark] .avatar:not([class*=avatar-]){background:hsl(var(--hue) 28% 26%);color:hsl(var(--hue) 60% 82%)}.v{color:inherit;font:inherit;text-align:left;cursor:pointer;overflow-wrap:anywhere;background:0 0;border:0;border-radius:3px;margin:0 -2px;padding:1px 2px;display:inline}.v:hover{background:var(--accent-soft);box-shadow:0 0 0 1px var(--accent-soft)}.popover{border:1px solid var(--line);border-radius:var(--radius-l);background:var(--raised);color:var(--ink);box-shadow:var(--shadow);margin:0;padding:4px;position:fixed;inset:auto;overflow:auto}.menu{min-width:200px;max-width:min(420px,100vw - 16px)}.menu-title{border-bottom:1px solid var(--line);margin-bottom:4px;padding:6px 10px 8px;display:grid}.menu-title span,.menu-title small{color:var(--ink-3);font-size:var(--text-xs)}.menu-title b{font-family:var(--mono);font-size:var(--text-s);overflow-wrap:anywhere;max-height:6em;font-weight:500;overflow:hidden}.menu-heading{color:var(--ink-3);font-size:var(--text-xs);padding:8px 10px 2px;font-weight:600}.menu-item{align-items:center;gap:var(--s2);border-radius:var(--radius);width:100%;min-height:30px;color:var(--ink);text-align:left;cursor:pointer;background:0 0;border:0;padding:4px 10px;text-decoration:none;display:flex}.menu-item:hover,.menu-item:focus{background:var(--hover)}.menu-item:focus-visible{outline-offset:-2px}.menu-hint{padding-left:var(--s4);color:var(--ink-3);font-size:var(--text-s);text-overflow:ellipsis;white-space:nowrap;max-width:220px;margin-left:auto;overflow:hidden}.menu-check{width:14px;color:var(--accent);font-weight:700}.dialog{border:1px solid var(--line);background:var(--raised);width:min(520px,100vw - 24px);max-height:min(720px,100dvh - 24px);color:var(--ink);box-shadow:var(--shadow);border-radius:12px;padding:0}.dialog::backdrop{background:#0a0e0c73}.dialog.help{width:min(820px,100vw - 24px)}.dialog-in{gap:var(--s4);padding:var(--s4) var(--s5) var(--s5);display:grid}.dialog-head{justify-content:space-between;align-items:center;display:flex}.choice{padding:var(--s3);border:1px solid var(--line);border-radius:var(--radius);gap:6px;margin:0;display:grid}.choice legend{font-size:var(--text-s);color:var(--ink-2);padding:0 4px}.choice label{gap:var(--s2);align-items:baseline;font-weight:400;display:flex}.choice b{color:var(--ink)}.help-in{gap:var(--s5);grid-template-columns:repeat(auto-fit,minmax(280px,1fr));display:grid}.keys{margin:var(--s2) 0;gap:6px;display:grid}.keys>div{gap:var(--s3);grid-template-columns:minmax(92px,auto) 1fr;align-items:baseline;display:grid}.keys dt{flex-wrap:wrap;gap:4px;display:flex}.keys dd{color:var(--ink-2)}.help-in section+section .keys>div{grid-template-columns:1fr;gap:0}.help-in code{color:var(--accent)}.empty{justify-items:center;gap:var(--s3);max-width:560px;padding:var(--s4);text-align:center;color:var(--ink-2);margin:8vh auto;display:grid}.empty>.icon{width:28px;height:28px;color:var(--ink-3);stroke-width:1px}.empty h2{color:var(--ink)}.empty .row-buttons{justify-content:center}.sample{max-width:100%;padding:var(--s3);border-radius:var(--radius);background:var(--sunken);text-align:left;font-size:var(--text-s);overflow:auto}.bone{background:var(--sunken);border-radius:5px;width:60px;height:10px;margin:6px 0;animation:1.4s ease-in-out infinite alternate breathe;display:block}.bone.long{width:70%}@keyframes breathe{0%{opacity:1}to{opacity:.45}}.loading-page{place-items:center;height:100dvh;display:grid}.sign-in{min-height:100dvh;padding:var(--s4);place-items:center;display:grid}.sign-in form{gap:var(--s3);width:min(380px,100%);padding:var(--s6);border:1px solid var(--line);background:var(--surface);box-shadow:var(--shadow);border-radius:14px;display:grid}.sign-in .logo{width:40px;height:40px}.sign-in h1+p{margin-top:calc(-1 * var(--s2));margin-bottom:var(--s2);color:var(--ink-2)}.sign-in label,.stack label{gap:4px;display:grid}.sign-in .button{min-height:38px}.narrow-page{gap:var(--s4);max-width:460px;padding:var(--s4);margin:10vh auto;display:grid}.stack{gap:var(--s3);display:grid}.choose{border:1px solid var(--line);border-radius:var(--radius-l);background:var(--surface);max-height:50vh;padding:4px;overflow:auto}@media (max-width:699px){.top{padding:0 var(--s2) 0 var(--s3);gap:2px}.brand b,.nav span{display:none}.nav{margin-left:4px}.nav a{padding:0 10px}.organization{max-width:110px;margin-left:4px}:root{--control:36px}}@media (prefers-reduced-motion:reduce){*,:before,:after{scroll-behavior:auto!important;transition:none!important;animation:none!important}}@media (forced-colors:active){.badge,.chip,.button,.facet-value{border:1px solid}.nav a[aria-current]{border-bottom:2px solid highlight}.row.selected{outline-offset:-2px;outline:2px solid highlight}.facet-bar,.report-bar{forced-color-adjust:none}}@media print{.top,.bar,.facets,.histogram-side{display:none}.frame,#page,.log,.list{height:auto;overflow:visible}}.check{align-items:center;gap:var(--s2);grid-template-columns:auto 1fr;font-weight:400;display:flex!important}.manage li{justify-content:space-between;align-items:center;gap:var(--s3);padding:var(--s2) 0;border-bottom:1px solid var(--line);display:flex}.manage code{color:var(--ink-3);overflow-wrap:anywhere;display:block}", se = ".drawer{border-left:1px solid var(--line);background:var(--surface);flex-direction:column;min-width:0;min-height:0;display:flex}.drawer-head{padding:var(--s2) var(--s4) var(--s3)}.drawer-tools{margin:0 calc(-1 * var(--s2)) var(--s2);align-items:center;gap:2px;display:flex}.drawer-tools .badge{margin-left:6px}.drawer-title{gap:var(--s2);align-items:flex-start;display:flex}.drawer-title h2{overflow-wrap:anywhere;line-height:1.35}.drawer-when{color:var(--ink-2);font-size:var(--text-s);font-variant-numeric:tabular-nums;margin-top:4px}.drawer-when .muted:before{content:\"· \"}.tabs{padding:0 var(--s3);border-bottom:1px solid var(--line);scrollbar-width:none;gap:2px;display:flex;overflow-x:auto}.tabs button{color:var(--ink-2);white-space:nowrap;cursor:pointer;background:0 0;border:0;border-bottom:2px solid #0000;padding:7px 8px 6px;font-weight:500}.tabs button:hover{color:var(--ink)}.tabs button:focus-visible{outline-offset:-3px}.tabs [aria-selected=true]{color:var(--ink);border-bottom-color:var(--accent)}.drawer-body{min-height:0;padding:var(--s4);outline-offset:-2px;flex:1;overflow:auto}.block{margin-bottom:var(--s5)}.block>h3{justify-content:space-between;gap:var(--s3);margin-bottom:6px;display:flex}.note{gap:var(--s2);margin-bottom:var(--s4);padding:var(--s2) var(--s3);border-radius:var(--radius);background:var(--sunken);color:var(--ink-2);font-size:var(--text-s);display:flex}.facts>div{gap:var(--s3);border-top:1px solid color-mix(in srgb, var(--line) 60%, transparent);grid-template-columns:118px minmax(0,1fr);padding:4px 0;display:grid}.facts>div:first-child{border-top:0}.facts dt{color:var(--ink-3);font-size:var(--text-s);overflow-wrap:anywhere;line-height:24px}.facts dd{overflow-wrap:anywhere;min-width:0;line-height:24px}.fact{justify-content:space-between;align-items:flex-start;gap:4px;display:flex}.fact .icon-button{opacity:.5;flex:none}.fact:hover .icon-button,.fact .icon-button:focus-visible{opacity:1}.fact .v{font-size:var(--text-s);line-height:22px}.value{overflow-wrap:anywhere;white-space:pre-wrap}del{background:var(--remove);-webkit-box-decoration-break:clone;box-decoration-break:clone;border-radius:2px;padding:0 2px;text-decoration:none}ins{background:var(--add);-webkit-box-decoration-break:clone;box-decoration-break:clone;border-radius:2px;padding:0 2px;text-decoration:none}.changes-brief li{overflow-wrap:anywhere;padding:3px 0}.change-field{color:var(--ink-3);font-size:var(--text-s);margin-right:6px}.change-field:after{content:\":\"}.changes>li{margin-bottom:var(--s4)}.changes h3{justify-content:space-between;margin-bottom:4px;display:flex}.changes h3 .muted{font-weight:400}.diff,.diff-items{border:1px solid var(--line);border-radius:var(--radius);font-family:var(--mono);font-size:var(--text-s);overflow-wrap:anywhere;white-space:pre-wrap;overflow:hidden}.diff>div{padding:5px 10px 5px 26px;display:block;position:relative}.diff>div+div{border-top:1px solid var(--line)}.diff-old:before,.diff-new:before{color:var(--ink-3);position:absolute;left:10px}.diff .diff-old:before{content:\"−\";color:var(--denied)}.diff .diff-new:before{content:\"+\";color:var(--success)}.diff-items li{padding:2px 10px}.diff-items .sign{width:16px;display:inline-block}.diff-items .diff-old{background:var(--remove)}.diff-items .diff-new{background:var(--add)}.json{margin-top:var(--s3);font-family:var(--mono);font-size:var(--text-s);overflow-wrap:anywhere;line-height:1.65}.json .v{font-family:inherit}.json-key{color:var(--ink-3)}.json-string{color:var(--success)}.json-number{color:var(--focus)}.json-boolean,.json-null{color:var(--failure)}.json-fold{font:inherit;text-align:left;cursor:pointer;background:0 0;border:0;padding:0}.json-in{border-left:1px solid var(--line);margin-left:4px;padding-left:14px}.facts .json-node,.facts .json-line{font-family:var(--mono);font-size:var(--text-s);line-height:1.6}.raw{margin:var(--s3) 0 0;padding:var(--s3);border-radius:var(--radius);background:var(--sunken);font-size:var(--text-s);white-space:pre-wrap;overflow-wrap:anywhere;overflow:auto}.related-list{border:1px solid var(--line);border-radius:var(--radius);overflow:hidden}.related-list:empty{display:none}.related-list li+li{border-top:1px solid var(--line)}.related-row{gap:var(--s3);text-align:left;cursor:pointer;overflow-wrap:anywhere;background:0 0;border:0;grid-template-columns:auto minmax(0,1fr) auto;align-items:baseline;width:100%;padding:6px 10px;display:grid}.related-row:hover{background:var(--hover)}.related-row:focus-visible{outline-offset:-2px}.related-row time{color:var(--ink-3);font-size:var(--text-s);font-variant-numeric:tabular-nums;white-space:nowrap}.self .related-row{background:var(--selected);cursor:default}.entry-page{grid-template-rows:auto minmax(0,1fr);width:min(820px,100%);height:100%;margin:0 auto;display:grid}.entry-page .drawer{border:1px solid var(--line);border-radius:var(--radius-l) var(--radius-l) 0 0;border-width:1px 1px 0}.crumbs{padding:var(--s3) var(--s4)}.crumbs a{align-items:center;gap:4px;text-decoration:none;display:inline-flex}.crumbs a:hover{text-decoration:underline}@container page (width<=699px){.log .drawer{z-index:5;border:0;position:fixed;inset:0}.related-row{grid-template-columns:1fr auto}.related-row time{grid-column:1/3}.facts>div{grid-template-columns:96px minmax(0,1fr)}}", ce = ".log{grid-template-rows:auto auto auto minmax(0,1fr);min-width:0;height:100%;display:grid}.bar{gap:var(--s2);padding:var(--s3) var(--s4) var(--s2);align-items:flex-start;display:flex}.bar-tools{gap:var(--s2);display:flex}.query{flex:1;min-width:0;position:relative}.query-box{align-items:center;gap:var(--s2);min-height:var(--control);border:1px solid var(--line-strong);border-radius:var(--radius);background:var(--surface);padding:0 4px 0 10px;display:flex}.query-box:focus-within{border-color:var(--focus);box-shadow:0 0 0 1px var(--focus)}.query-box.wrong{border-color:var(--denied)}.query-box>.icon{color:var(--ink-3)}.query-box input{min-width:0;min-height:0;font-family:var(--mono);font-size:var(--text-m);text-overflow:ellipsis;background:0 0;border:0;outline:0;flex:1;padding:0}.query-box input::placeholder{font-family:var(--font)}.query-box .enter{flex:none}.suggestions{max-width:min(640px,100vw - 16px)}.suggestion{gap:var(--s4);border-radius:var(--radius);cursor:pointer;font-family:var(--mono);font-size:var(--text-s);justify-content:space-between;align-items:baseline;padding:5px 10px;display:flex}.suggestion small{color:var(--ink-3);font-family:var(--font)}.suggestion.at,.suggestion:hover{background:var(--selected)}.notes{font-size:var(--text-s);gap:4px;margin-top:6px;display:grid}.notes li{align-items:center;gap:var(--s2);color:var(--failure);flex-wrap:wrap;display:flex}.notes.wrong li{color:var(--denied)}.notes .excerpt{background:var(--sunken);color:var(--ink-2);font-family:var(--mono);cursor:pointer;white-space:pre;border:0;border-radius:4px;max-width:100%;padding:1px 6px;overflow:hidden}.notes mark{color:var(--denied);text-underline-offset:3px;background:0 0;-webkit-text-decoration:underline wavy;text-decoration:underline wavy}.summary{gap:var(--s3);min-height:34px;padding:0 var(--s4) var(--s1);align-items:center;display:flex}.chips{flex-wrap:wrap;flex:1;align-items:center;gap:6px;min-width:0;display:flex}.chip{border:1px solid var(--line);background:var(--surface);max-width:100%;min-height:26px;font-size:var(--text-s);border-radius:99px;align-items:center;padding-left:10px;display:inline-flex}.chip.negated{border-style:dashed;border-color:var(--line-strong)}.chip.ghost{color:var(--ink-2);cursor:pointer;background:0 0;border-style:dashed;padding:0 10px}.chip.ghost:hover{background:var(--hover)}.chip-text{text-overflow:ellipsis;white-space:nowrap;cursor:pointer;background:0 0;border:0;padding:0;overflow:hidden}.chip-text:disabled{color:inherit;cursor:default}.chip-text span{color:var(--ink-2)}.chip-text i{color:var(--ink-3);font-style:normal}.chip-text b{font-weight:600}.chip-x{width:26px;height:24px;color:var(--ink-3);cursor:pointer;background:0 0;border:0;border-radius:99px;place-items:center;padding:0;display:grid}.chip-x:hover{color:var(--ink);background:var(--hover)}.chip-x .icon{width:12px;height:12px}.summary-side{align-items:center;gap:var(--s2);flex:none;display:flex}.total{font-variant-numeric:tabular-nums;text-align:right;min-width:8ch;font-weight:600}.pill{background:var(--accent);min-height:26px;color:var(--accent-ink);font-size:var(--text-s);cursor:pointer;border:0;border-radius:99px;align-items:center;gap:4px;padding:0 6px 0 10px;font-weight:600;display:inline-flex}.pill .icon{width:14px;height:14px}.histogram{margin:0 var(--s4) var(--s3);border:1px solid var(--line);border-radius:var(--radius-l);background:var(--surface);position:relative}.histogram-side{align-items:center;gap:var(--s2);min-height:34px;font-size:var(--text-s);color:var(--ink-3);flex-wrap:wrap;padding:3px 6px 0 12px;display:flex}.told{font-variant-numeric:tabular-nums;flex:1}.legend{gap:var(--s3);display:flex}.key{color:var(--ink-2);align-items:center;gap:5px;display:inline-flex}.key:before{content:\"\";background:var(--bar-success);border-radius:2px;width:9px;height:9px}.key-failure:before{background:var(--bar-failure)}.key-denied:before{background:var(--bar-denied)}.chart{border-radius:var(--radius);height:100px;transition:opacity var(--quick);margin:0 6px 4px}.chart.loading{opacity:.55}.chart .u-select{background:color-mix(in srgb, var(--accent) 16%, transparent);border-inline:1px solid var(--accent)}.chart .u-over{cursor:crosshair}.numbers{border-top:1px solid var(--line);max-height:220px;overflow:auto}.numbers table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:var(--text-s)}.numbers th,.numbers td{text-align:right;padding:3px 14px;font-weight:400}.numbers th:first-child{text-align:left}.numbers thead th{background:var(--surface);color:var(--ink-3);position:sticky;top:0}.panes{border-top:1px solid var(--line);background:var(--surface);grid-template-columns:224px minmax(0,1fr);min-height:0;display:grid;position:relative}.without-facets .panes{grid-template-columns:minmax(0,1fr)}.with-drawer .panes{grid-template-columns:224px minmax(0,1fr) minmax(380px,460px)}.without-facets.with-drawer .panes{grid-template-columns:minmax(0,1fr) minmax(380px,440px)}.facets{padding:var(--s3) var(--s2) var(--s5) var(--s3);border-right:1px solid var(--line);background:var(--paper);scrollbar-width:thin;overflow:auto}.facets.loading ul{opacity:.6}.facets-head{margin-bottom:var(--s3);gap:4px;display:flex}.facet-search{flex:1;position:relative}.facet-search .icon{width:13px;height:13px;color:var(--ink-3);position:absolute;top:50%;left:8px;transform:translateY(-50%)}.facet-search input{border-color:var(--line);min-height:28px;font-size:var(--text-s);padding:2px 6px 2px 26px}.facet{margin-bottom:var(--s4)}.facet h3{padding:0 8px 4px}.facet>.link{font-size:var(--text-s);color:var(--ink-3);padding:2px 8px;text-decoration:none}.facet>.link:hover{color:var(--accent);text-decoration:underline}.facet-other{color:var(--ink-3);font-size:var(--text-s);padding:2px 8px}.facet-row{border-radius:var(--radius);align-items:center;display:flex}.facet-row:hover{background:var(--hover)}.facet-value{align-items:center;gap:var(--s2);border-radius:var(--radius);text-align:left;cursor:pointer;background:0 0;border:0;flex:1;min-width:0;min-height:26px;padding:0 8px;display:flex;position:relative;overflow:hidden}.facet-bar{background:color-mix(in srgb, var(--accent) 45%, transparent);border-radius:1px;max-width:calc(100% - 16px);height:2px;position:absolute;bottom:2px;left:8px}.facet-name{text-overflow:ellipsis;white-space:nowrap;flex:1;overflow:hidden}.facet-count{color:var(--ink-3);font-size:var(--text-s);font-variant-numeric:tabular-nums}.facet-row.on{background:var(--accent-soft)}.facet-row.on .facet-name{font-weight:600}.facet-row.off .facet-name{color:var(--ink-3);text-decoration:line-through}.facet-not{width:24px;height:24px;color:var(--ink-3);opacity:.45;cursor:pointer;background:0 0;border:0;border-radius:4px;place-items:center;padding:0;display:grid}.facet-not .icon{width:12px;height:12px}.facet-row:hover .facet-not,.facet-not:focus-visible{opacity:1}.facet-not:hover{background:var(--denied-soft);color:var(--denied)}.list{outline-offset:-2px;overflow-anchor:none;min-width:0;overflow:auto}.log-table{min-width:100%;display:block}.log-table thead,.log-table tbody{display:block}.log-table tr{grid-template-columns:84px minmax(260px, 1fr) var(--extra,) 92px 132px;align-items:center;display:grid}.log-table thead{z-index:2;background:var(--surface);border-bottom:1px solid var(--line);position:sticky;top:0}.log-table th{color:var(--ink-3);font-size:var(--text-s);text-align:left;white-space:nowrap;text-overflow:ellipsis;padding:8px;font-weight:500;overflow:hidden}.log-table th.c-time,.log-table td.c-time{padding-left:var(--s4)}.log-table td{text-overflow:ellipsis;white-space:nowrap;min-width:0;padding:0 8px;overflow:hidden}.log-table .space{display:block}.log .log-table tr.day{background:var(--surface);grid-template-columns:1fr;align-items:end;height:32px}.log-table .day td{padding:0 var(--s4) 4px;color:var(--ink-2);font-size:var(--text-s);font-weight:600}.row{cursor:pointer;border-top:1px solid color-mix(in srgb, var(--line) 55%, transparent);height:38px;position:relative}.row:hover{background:var(--hover)}.row.selected{background:var(--selected)}.row.selected:before,.row.denied:before,.row.failure:before{content:\"\";background:var(--bar-failure);width:3px;position:absolute;top:0;bottom:0;left:0}.row.denied:before{background:var(--bar-denied)}.row.selected:before{background:var(--accent)}.row:focus-visible{outline-offset:-2px;z-index:1}.row-open{cursor:pointer;color:var(--ink-2);font-variant-numeric:tabular-nums;background:0 0;border:0;padding:0;text-decoration:none}.row-open:hover{text-decoration:underline}.c-what{align-items:center;gap:var(--s2);display:flex}.sentence{text-overflow:ellipsis;white-space:nowrap;min-width:0;color:var(--ink-2);flex:0 auto;overflow:hidden}.sentence .v{overflow-wrap:normal}.sentence .who,.sentence .name,.sentence .id{color:var(--ink);font-weight:560}.denied .sentence .verb{color:var(--denied)}.failure .sentence .verb{color:var(--failure)}.more{text-overflow:ellipsis;white-space:nowrap;min-width:60px;color:var(--ink-3);font-size:var(--text-s);flex:1 1 0;overflow:hidden}.c-ip,.c-extra{font-size:var(--text-s);font-variant-numeric:tabular-nums;color:var(--ink-2)}.foot{padding:var(--s3) var(--s4) var(--s5);color:var(--ink-2);font-size:var(--text-s);text-align:center}.foot.wrong{color:var(--denied)}.bones-row{gap:var(--s5);align-items:center;height:38px;display:flex}.bones-list{text-align:left;padding-top:40px}.live-bar{align-items:center;gap:var(--s2);padding:6px var(--s4);border-bottom:1px solid var(--line);background:var(--accent-soft);font-size:var(--text-s);display:flex;position:sticky;left:0}.dot{background:var(--ink-3);border-radius:50%;width:8px;height:8px}.dot.on{background:var(--accent);animation:1s ease-in-out infinite alternate breathe}.sheet{z-index:3;width:min(300px,100%);box-shadow:var(--shadow);display:grid;position:absolute;inset:0 auto 0 0}.time-label{text-overflow:ellipsis;max-width:240px;overflow:hidden}.zone{color:var(--ink-3);font-weight:400;font-size:var(--text-s)}.time-in{grid-template-columns:170px 270px;display:grid}.time-presets{border-right:1px solid var(--line);padding-right:4px}.time-presets .on{background:var(--accent-soft);font-weight:600}.time-form{gap:var(--s2);padding:var(--s2) var(--s3) var(--s3);align-content:start;display:grid}.time-form label{gap:3px;display:grid}.time-form .say{min-height:3.6em}@container page (width<=1179px){.log-table tr{grid-template-columns:84px minmax(240px, 1fr) var(--extra,) 92px 120px}}@container page (width>=700px) and (width<=1179px){.with-drawer .log-table tr{grid-template-columns:84px minmax(220px,1fr) 92px}.with-drawer .c-ip,.with-drawer .c-extra,.zone,.wide-only{display:none}}@container page (width>=700px) and (width<=1500px){.with-drawer .more,.with-drawer .c-ip{display:none}.with-drawer .log-table tr{grid-template-columns:84px minmax(220px, 1fr) var(--extra,) 92px}}@container page (width<=699px){.log{background:var(--surface);display:block;overflow:auto}.bar{padding:var(--s3) var(--s3) var(--s2);background:var(--paper);flex-direction:column}.query,.bar-tools{width:100%}.bar-tools .button{min-width:0;padding:0 10px}.zone,.wide-only{display:none}.bar-tools #time{flex:1;justify-content:flex-start}.bar-tools #time .icon:last-child{margin-left:auto}.summary{padding:0 var(--s3) var(--s2);background:var(--paper);flex-wrap:wrap}.summary-side{justify-content:flex-end;width:100%}.total{text-align:left;flex:1}.chips{flex-basis:100%}.histogram{border-width:1px 0;border-radius:0;margin:0}.chart{height:72px}.told{display:none}.legend{flex:1}.panes,.with-drawer .panes,.without-facets.with-drawer .panes{border-top:0;display:block}.list{overflow:visible}.log-table thead{clip-path:inset(50%);width:1px;height:1px;position:absolute;overflow:hidden}.log-table .row{height:84px;padding:0 var(--s3);grid-template-rows:24px 20px 22px;grid-template-columns:1fr auto;align-content:center;display:grid}.log-table .row td{padding:0}.log-table .day td{padding:0 var(--s3) 4px}.row .c-time{font-size:var(--text-s);color:var(--ink-3);grid-area:3/1;padding:0}.row .c-what{column-gap:var(--s2);grid-area:1/1/3/3;grid-template-columns:22px minmax(0,1fr);row-gap:2px;display:grid}.row .sentence{grid-area:1/2}.row .more{grid-area:2/2}.row .c-outcome{grid-area:3/2}.row .c-time{padding-left:30px!important}.row .c-ip,.row .c-extra{display:none}.sheet{z-index:5;width:100%;position:fixed;inset:0}.time-in{grid-template-columns:1fr}.time-presets{border:0;border-bottom:1px solid var(--line);grid-template-columns:1fr 1fr;display:grid}.time-box{width:calc(100vw - 16px)}}", le = ":root,:host{--lightningcss-light:initial;--lightningcss-dark: ;color-scheme:light dark;--font:var(--daybook-font,Inter, ui-sans-serif, system-ui, -apple-system, \"Segoe UI\", Roboto, \"Helvetica Neue\", Arial, sans-serif);--mono:var(--daybook-mono,ui-monospace, \"SF Mono\", \"JetBrains Mono\", Menlo, Consolas, \"DejaVu Sans Mono\", monospace);--text-xs:11px;--text-s:12px;--text-m:13px;--text-l:15px;--text-xl:20px;--s1:4px;--s2:8px;--s3:12px;--s4:16px;--s5:24px;--s6:32px;--radius:var(--daybook-radius,6px);--radius-l:10px;--control:32px;--row:38px;--quick:.12s;--paper:var(--daybook-paper,#f6f6f3);--surface:var(--daybook-surface,#fff);--raised:var(--daybook-raised,#fff);--sunken:#f0f0ec;--hover:var(--daybook-hover,#f3f5f2);--selected:var(--daybook-selected,#e5f1ee);--line:var(--daybook-line,#e3e3dd);--line-strong:#8a8c85;--ink:var(--daybook-ink,#1b1e1d);--ink-2:var(--daybook-ink-2,#4a4f4d);--ink-3:var(--daybook-ink-3,#636865);--accent:var(--daybook-accent,#0b6b5d);--accent-ink:var(--daybook-accent-ink,#fff);--accent-soft:var(--daybook-accent-soft,#dcefeb);--focus:#1d6fd6;--success:var(--daybook-success,#2e6b4a);--success-soft:#e4f1e8;--failure:var(--daybook-failure,#8a5200);--failure-soft:#fcefd8;--denied:var(--daybook-denied,#b3261e);--denied-soft:#fce6e4;--bar-success:#8fbfb4;--bar-failure:#e0a03c;--bar-denied:#cf4a40;--add:#dff3e4;--remove:#fde7e5;--mark:#fff0b8;--shadow:0 1px 2px #1419160f, 0 8px 28px #1419161f}@media (prefers-color-scheme:dark){:root,:host{--lightningcss-light: ;--lightningcss-dark:initial}:root:not([data-theme=light]),:host(:not([theme=light])){--lightningcss-light: ;--lightningcss-dark:initial;color-scheme:dark;--paper:var(--daybook-paper,#101312);--surface:var(--daybook-surface,#171a19);--raised:var(--daybook-raised,#1f2322);--sunken:#0c0f0e;--hover:var(--daybook-hover,#1e2221);--selected:var(--daybook-selected,#17332d);--line:var(--daybook-line,#2a2f2d);--line-strong:#77807b;--ink:var(--daybook-ink,#e7eae8);--ink-2:var(--daybook-ink-2,#b6bdb9);--ink-3:var(--daybook-ink-3,#949c98);--accent:var(--daybook-accent,#5cc7b2);--accent-ink:var(--daybook-accent-ink,#06231d);--accent-soft:var(--daybook-accent-soft,#17332d);--focus:#74b3ff;--success:var(--daybook-success,#82cfa3);--success-soft:#17301f;--failure:var(--daybook-failure,#f0b65c);--failure-soft:#352611;--denied:var(--daybook-denied,#ff9189);--denied-soft:#3d1b19;--bar-success:#3f7f73;--bar-failure:#d1933a;--bar-denied:#e0635a;--add:#16321f;--remove:#3b1d1b;--mark:#4d4013;--shadow:0 1px 2px #0006, 0 10px 32px #00000080}}:root[data-theme=dark],:host([theme=dark]){--lightningcss-light: ;--lightningcss-dark:initial;color-scheme:dark;--paper:var(--daybook-paper,#101312);--surface:var(--daybook-surface,#171a19);--raised:var(--daybook-raised,#1f2322);--sunken:#0c0f0e;--hover:var(--daybook-hover,#1e2221);--selected:var(--daybook-selected,#17332d);--line:var(--daybook-line,#2a2f2d);--line-strong:#77807b;--ink:var(--daybook-ink,#e7eae8);--ink-2:var(--daybook-ink-2,#b6bdb9);--ink-3:var(--daybook-ink-3,#949c98);--accent:var(--daybook-accent,#5cc7b2);--accent-ink:var(--daybook-accent-ink,#06231d);--accent-soft:var(--daybook-accent-soft,#17332d);--focus:#74b3ff;--success:var(--daybook-success,#82cfa3);--success-soft:#17301f;--failure:var(--daybook-failure,#f0b65c);--failure-soft:#352611;--denied:var(--daybook-denied,#ff9189);--denied-soft:#3d1b19;--bar-success:#3f7f73;--bar-failure:#d1933a;--bar-denied:#e0635a;--add:#16321f;--remove:#3b1d1b;--mark:#4d4013;--shadow:0 1px 2px #0006, 0 10px 32px #00000080}:root[data-theme=light],:host([theme=light]){--lightningcss-light:initial;--lightningcss-dark: ;color-scheme:light}@media (prefers-reduced-motion:reduce){:root,:host{--quick:0s}}", ue = ":host{min-width:0;height:520px;color:var(--ink);font:13px/1.45 var(--daybook-font,inherit);display:block}:host([hidden]){display:none}.embed{border:1px solid var(--line);border-radius:var(--radius-l);background:var(--surface);height:100%;font-size:13px;line-height:1.45;overflow:hidden;container:page/inline-size}.embed .log{grid-template-rows:auto auto minmax(0,1fr)}.embed .panes{border-top:0;grid-row:3}.embed .bar+.summary+.panes{border-top:1px solid var(--line)}.embed .with-drawer .panes{grid-template-columns:minmax(0,1fr) minmax(340px,42%)}.embed-say{padding:16px}@container page (width<=699px){.embed .log{height:100%;position:relative}.embed .log .drawer{z-index:5;position:absolute;inset:0}}", R = class extends Error {
	status;
	code;
	notes;
	retryAfter;
	constructor(e, t, n, r = [], i = 0) {
		super(n), this.status = e, this.code = t, this.notes = r, this.retryAfter = i;
	}
	get signedOut() {
		return this.status === 401;
	}
}, de = class {
	credentials;
	skew = 0;
	constructor(e = { server: "" }) {
		this.credentials = e;
	}
	now() {
		return Date.now() + this.skew;
	}
	url(e, t = {}) {
		let n = new URLSearchParams();
		for (let [e, r] of Object.entries(t)) r !== void 0 && r !== "" && n.set(e, String(r));
		let r = n.toString();
		return this.credentials.server + e + (r ? "?" + r : "");
	}
	async fetch(e, t, n, r, i = "application/json", a = !1) {
		let o = { Accept: i };
		n !== void 0 && (o["Content-Type"] = "application/json"), this.credentials.token && (o.Authorization = "Bearer " + await this.credentials.token());
		let s;
		try {
			s = await fetch(t, {
				method: e,
				headers: o,
				body: n === void 0 ? void 0 : JSON.stringify(n),
				signal: r ?? null,
				credentials: this.credentials.token ? "omit" : "same-origin",
				redirect: "error"
			});
		} catch (e) {
			throw e instanceof DOMException && e.name === "AbortError" ? e : new R(0, "offline", navigator.onLine ? "The server does not answer." : "This device is offline.");
		}
		let c = Date.parse(s.headers.get("Date") ?? "");
		if (c && Math.abs(c - Date.now()) > 2e3 && (this.skew = c - Date.now()), s.status === 401 && this.credentials.refused && !a) return this.credentials.refused(), this.fetch(e, t, n, r, i, !0);
		if (!s.ok) throw await fe(s);
		return s;
	}
	async get(e, t = {}, n) {
		return (await this.fetch("GET", this.url(e, t), void 0, n)).json();
	}
	async send(e, t, n, r = {}) {
		let i = await this.fetch(e, this.url(t, r), n);
		return i.status === 204 ? void 0 : await i.json();
	}
	async signIn(e) {
		let t;
		try {
			t = await fetch("/session", {
				method: "POST",
				headers: { Authorization: "Bearer " + e },
				credentials: "same-origin",
				redirect: "error"
			});
		} catch {
			throw new R(0, "offline", "The server does not answer.");
		}
		if (!t.ok) throw await fe(t);
	}
	entries(e, t) {
		return this.get("/v1/entries", {
			...e,
			order: e.order === "oldest" ? "oldest" : void 0
		}, t);
	}
	entry(e, t, n) {
		return this.get("/v1/entries/" + encodeURIComponent(t), { organization: e }, n);
	}
};
async function fe(e) {
	let t = Number(e.headers.get("Retry-After") ?? 0) || 0, n = {};
	try {
		/json/.test(e.headers.get("Content-Type") ?? "") && (n = await e.json());
	} catch {}
	let r = (e) => typeof n[e] == "string" ? n[e] : "", i = r("code") || "status_" + e.status, a = Array.isArray(n.errors) ? n.errors : [], o = r("detail") || r("title") || `The server answered ${e.status}.`, s = a.filter((e) => e.reason).map((e) => ({
		...e,
		code: e.code ?? i,
		message: e.at !== void 0 || e.field === "q" ? e.reason : `${e.field ?? ""} ${e.reason}`.trim()
	}));
	return new R(e.status, i, o, s, t);
}
// src/embed/client.ts
var pe = /* @__PURE__ */ new Map();
function me(e, t) {
	let n = pe.get(e);
	n || pe.set(e, n = /* @__PURE__ */ new WeakMap());
	let r = n.get(t);
	return r || n.set(t, r = ge(e, t)), r;
}
var he = 6e4;
function ge(e, t) {
	let n = "", r = 0, i, a, o = async () => {
		let e = await t();
		if (typeof e != "string" || !e.trim()) throw new R(401, "no_token", "The application gave no token.");
		return n = e.trim(), r = 0, n;
	}, s = new de({
		server: e,
		token: async () => {
			if (n && (r === 0 || Date.now() < r - he)) return n;
			n && (a = void 0), i ??= o().finally(() => i = void 0);
			let e = await i;
			return a || queueMicrotask(() => void c().catch(() => {})), e;
		},
		refused: () => {
			n = "";
		}
	}), c = () => a ??= s.get("/v1/me").then((e) => (r = e.expires ? Date.parse(e.expires) : 0, e), (e) => {
		throw a = void 0, e;
	});
	return {
		client: s,
		me: c
	};
}
// node_modules/preact/hooks/dist/hooks.mjs
var z, B, _e, ve, ye = Object.is, be = 0, xe = [], Se = [], V = e, Ce = V.__b, we = V.__r, Te = V.diffed, Ee = V.__c, De = V.unmount, Oe = V.__;
function ke(e, t) {
	V.__h && V.__h(B, e, be || t), be = 0;
	var n = B.__H || (B.__H = {
		__: [],
		__h: []
	});
	return e >= n.__.length && n.__.push({}), n.__[e];
}
function H(e) {
	return be = 1, Ae(He, e);
}
function Ae(e, t, n) {
	var r = ke(z++, 2);
	if (r.t = e, !r.__c && (r.__ = [n ? n(t) : He(void 0, t), function(e) {
		var t = (r.__N || r.__)[0], n = r.t(t, e);
		ye(t, n) || (r.__N = [n, r.__[1]], r.__c.setState({}));
	}], r.__c = B, !B.__f)) {
		B.__f = !0;
		var i = B.shouldComponentUpdate;
		B.shouldComponentUpdate = function(e, t, n) {
			var r = this.__H;
			if (!r) return !0;
			var a = !1, o = this.props != e;
			if (r.__.some(function(e) {
				e.__N && (a = !0, ye(e.__[0], e.__N[0]) || (o = !0));
			}), i) {
				var s = i.call(this, e, t, n);
				return a ? s || o : s;
			}
			return !a || o;
		};
	}
	return r.__;
}
function U(e, t) {
	var n = ke(z++, 3);
	!V.__s && Ve(n.__H, t) && (n.__P = !0, n.__ = e, n.u = t, B.__H.__h.push(n));
}
function je(e, t) {
	var n = ke(z++, 4);
	!V.__s && Ve(n.__H, t) && (n.__P = !1, n.__ = e, n.u = t, B.__h.push(n));
}
function W(e) {
	return be = 5, Me(function() {
		return { current: e };
	}, []);
}
function Me(e, t) {
	var n = ke(z++, 7);
	return Ve(n.__H, t) && (n.__ = e(), n.__H = t), n.__;
}
function Ne(e, t) {
	return be = 8, Me(function() {
		return e;
	}, t);
}
function Pe(e) {
	var t = B.context[e.__c], n = ke(z++, 9);
	return n.c = e, t ? (n.__ ?? (n.__ = !0, t.sub(B)), t.props.value) : e.__;
}
function Fe() {
	var e;
	do {
		for (; e = Se.shift();) try {
			ze(e);
		} catch (t) {
			V.__e(t, { __: (e = e.__P) && e.__v });
		}
		for (; e = xe.shift();) {
			var t = e.__H;
			if (e.__P && t) try {
				t.__h.some(ze), t.__h.some(Be), t.__h = [];
			} catch (n) {
				t.__h = [], V.__e(n, e.__v);
			}
		}
	} while (Se.length);
}
V.__b = function(e) {
	B = null, Ce && Ce(e);
}, V.__ = function(e, t) {
	e && t.__k && t.__k.__m && (e.__m = t.__k.__m), Oe && Oe(e, t);
}, V.__r = function(e) {
	we && we(e), z = 0;
	var t = (B = e.__c).__H;
	t && (_e == B ? B.__h = [] : (t.__h.some(ze), t.__h.some(Be), z = 0), t.__h = [], t.__.some(function(e) {
		e.__N && (e.__ = e.__N), e.u = e.__N = void 0;
	})), _e = B;
}, V.diffed = function(e) {
	Te && Te(e);
	var t = e.__c;
	t && t.__H && (t.__H.__h.length && Re(xe.push(t)), t.__H.__.some(function(e) {
		e.u && (e.__H = e.u);
	})), _e = B = null;
}, V.__c = function(e, t) {
	t.some(function(e) {
		try {
			e.__h.some(ze), e.__h = e.__h.filter(function(e) {
				return !e.__ || Be(e);
			});
		} catch (t) {
			e.__h = [function() {
				throw t;
			}];
		}
	}), Ee && Ee(e, t);
}, V.unmount = function(e) {
	De && De(e);
	var t, n, r = e.__c;
	r && r.__H && (r.__H.__.some(function(r) {
		try {
			if (r.__P && r.__c) {
				if (n === void 0) {
					for (n = e.__; n && (!n.__c || !n.__c.__P);) n = n.__;
					n &&= n.__c;
				}
				r.__P = n, Re(Se.push(r));
			} else ze(r);
		} catch (e) {
			t = e;
		}
	}), r.__H = void 0, t && V.__e(t, r.__v));
};
var Ie = typeof requestAnimationFrame == "function";
function Le(e) {
	var t, n = function() {
		clearTimeout(r), Ie && cancelAnimationFrame(t), setTimeout(e);
	}, r = setTimeout(n, 35);
	Ie && (t = requestAnimationFrame(n));
}
function Re(e) {
	e != 1 && ve == V.requestAnimationFrame || ((ve = V.requestAnimationFrame) || Le)(Fe);
}
function ze(e) {
	var t = B, n = e.__c;
	typeof n == "function" && (e.__c = void 0, n()), B = t;
}
function Be(e) {
	var t = B;
	e.__c = e.__(), B = t;
}
function Ve(e, t) {
	return !e || e.length != t.length || t.some(function(t, n) {
		return !ye(t, e[n]);
	});
}
function He(e, t) {
	return typeof t == "function" ? t(e) : t;
}
// src/state/filter.ts
function G(e) {
	let t = [], n = !1, r = 0, i = !1, a = -1;
	for (; r < e.length;) {
		for (; r < e.length && /\s/.test(e[r]);) r++;
		if (r >= e.length) break;
		if (a < 0 && (a = r), (e[r] === "-" || e[r] === "!") && r + 1 < e.length && !/\s/.test(e[r + 1])) {
			i = !i, r++;
			continue;
		}
		let o = r;
		r = Ue(e, r);
		let s = e.slice(o, r);
		s === "NOT" ? i = !i : s === "AND" || s === "OR" ? (n ||= s === "OR", a = -1) : (t.push({
			text: s,
			from: a,
			to: r,
			negated: i
		}), i = !1, a = -1);
	}
	return {
		list: t,
		alternative: n
	};
}
function Ue(e, t) {
	let n = 0;
	for (; t < e.length;) {
		let r = e[t];
		if (r === "\"") for (t++; t < e.length && e[t] !== "\"";) t += e[t] === "\\" ? 2 : 1;
		else if (r === "(") n++;
		else if (r === ")") n = Math.max(0, n - 1);
		else if (/\s/.test(r) && n === 0) break;
		t++;
	}
	return Math.min(t, e.length);
}
function We(e) {
	let t = e.trim();
	return G(t).alternative ? `(${t})` : t;
}
function Ge(...e) {
	let t = e.filter((e) => e.trim() !== "");
	return t.length === 1 ? t[0].trim() : t.map(We).join(" ");
}
function Ke(e, t) {
	let { list: n, alternative: r } = G(e);
	if (r) return "";
	let i = n[t];
	return i ? (e.slice(0, i.from) + e.slice(i.to)).replace(/\s+/g, " ").trim() : e;
}
var qe = {
	resource_type: "type",
	user_id: "user",
	request_id: "request",
	ip_address: "ip",
	user_agent: "agent",
	actor_type: "actor",
	created_at: "created"
};
function Je(e) {
	return qe[e] ?? e;
}
function Ye(e) {
	return /^[^\s()",*\\<>=~!"][^\s()",*\\]*$/u.test(e) && !e.includes("..") && !/^(AND|OR|NOT|null|true|false)$/.test(e) ? e : `"${e.replace(/["\\]/g, "\\$&")}"`;
}
function K(e, t) {
	let n = Je(e);
	return t == null || t === "" ? `-${n}:*` : n === "ip" || n === "created" ? `${n}:${String(t)}` : n === "agent" ? `agent=${Ye(String(t))}` : e.startsWith("details.") ? typeof t == "string" ? `${e}=${/^[-+]?[0-9.]+$/.test(t) ? `"${t}"` : Ye(t)}` : `${e}=${String(t)}` : `${n}:${Ye(String(t))}`;
}
function Xe(e) {
	return e.startsWith("-") ? e.slice(1) : "-" + e;
}
function Ze(e, t) {
	let { list: n, alternative: r } = G(e), i = tt(t);
	if (r || t.startsWith("-")) return et(e, t) ? e : Ge(e, t);
	let a = n.filter((e) => e.negated || tt(e.text) !== i).map((t) => e.slice(t.from, t.to)), o = Xe(t);
	return [...a.filter((e) => e !== o), t].join(" ");
}
function Qe(e, t) {
	let n = Xe(t), { list: r, alternative: i } = G(e);
	if (i) return Ge(e, n);
	let a = r.map((t) => e.slice(t.from, t.to)).filter((e) => e !== t);
	return a.includes(n) ? a.join(" ") : [...a, n].join(" ");
}
function $e(e, t) {
	let { list: n, alternative: r } = G(e), i = tt(t), a = r ? void 0 : n.find((e) => !e.negated && tt(e.text) === i && e.text.includes(":") && !e.text.endsWith(")"));
	return !a || !t.includes(":") || t.startsWith("-") ? Ze(e, t) : a.text === t ? e : e.slice(0, a.to) + "," + t.slice(t.indexOf(":") + 1) + e.slice(a.to);
}
function et(e, t) {
	return G(e).list.some((n) => e.slice(n.from, n.to) === t);
}
function tt(e) {
	return /^[-!]?((?:[a-z_][\w-]*)(?:\.(?:"(?:[^"\\]|\\.)*"|[\w*-]+))*)\s*(?::|=|!=|>|<|~)/i.exec(e)?.[1] ?? "";
}
function nt(e) {
	return ["details", ...e.map((e) => /^[A-Za-z0-9_-]+$/.test(e) ? e : `"${e.replace(/["\\]/g, "\\$&")}"`)].join(".");
}
function rt(e, t) {
	return [...e].slice(0, Math.max(0, t)).join("").length;
}
function it(e, t) {
	return [...e.slice(0, t)].length;
}
var at = "-(action:READ outcome:success)", ot = {
	m: 6e4,
	h: 36e5,
	d: 864e5,
	w: 6048e5
};
function st() {
	return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}
var ct = /* @__PURE__ */ new Map();
function lt(e, t, n) {
	let r = e + "\n" + t, i = ct.get(r);
	return i || (i = new Intl.DateTimeFormat("en-GB", {
		timeZone: e,
		hourCycle: "h23",
		...n
	}), ct.set(r, i)), i;
}
function ut(e, t, n = !0) {
	return lt(t, n ? "hms" : "hm", {
		hour: "2-digit",
		minute: "2-digit",
		second: n ? "2-digit" : void 0
	}).format(e);
}
function dt(e, t) {
	return lt(t, "day", {
		weekday: "short",
		day: "numeric",
		month: "short"
	}).format(e).replace(",", "");
}
function ft(e, t) {
	return lt(t, "dayYear", {
		weekday: "short",
		day: "numeric",
		month: "short",
		year: "numeric"
	}).format(e).replace(",", "");
}
function pt(e, t) {
	let n = Date.parse(e), r = /\.(\d+)/.exec(e)?.[1];
	return `${ft(n, t)}, ${ut(n, t)}${r ? "." + r : ""} ${mt(n, t)}`;
}
function mt(e, t) {
	return t === "UTC" ? "UTC" : lt(t, "zone", { timeZoneName: "shortOffset" }).formatToParts(e).find((e) => e.type === "timeZoneName")?.value ?? t;
}
function ht(e, t) {
	let n = Math.round((t - e) / 1e3), [r, i] = Math.abs(n) < 60 ? [n, "second"] : Math.abs(n) < 3600 ? [Math.round(n / 60), "minute"] : Math.abs(n) < 86400 ? [Math.round(n / 3600), "hour"] : Math.abs(n) < 5184e3 ? [Math.round(n / 86400), "day"] : Math.abs(n) < 6048e4 ? [Math.round(n / 2630016), "month"] : [Math.round(n / 31557600), "year"];
	return i === "second" && Math.abs(r) < 5 ? "just now" : new Intl.RelativeTimeFormat("en", { numeric: "always" }).format(-r, i);
}
function gt(e, t) {
	return lt(t, "key", {
		year: "numeric",
		month: "2-digit",
		day: "2-digit"
	}).format(e);
}
function _t(e, t) {
	let n = {};
	for (let r of lt(t, "parts", {
		year: "numeric",
		month: "2-digit",
		day: "2-digit",
		hour: "2-digit",
		minute: "2-digit",
		second: "2-digit"
	}).formatToParts(e)) n[r.type] = Number(r.value);
	return Date.UTC(n.year, n.month - 1, n.day, n.hour, n.minute, n.second) - Math.floor(e / 1e3) * 1e3;
}
function vt(e, t, n, r, i = 0, a = 0, o = 0, s = 0) {
	let c = Date.UTC(t, n, r, i, a, o, s), l = c - _t(c - 864e5, e), u = c - _t(c + 864e5, e);
	for (let t of [Math.min(l, u), Math.max(l, u)]) if (t + _t(t, e) === c) return t;
	return Math.max(l, u);
}
function yt(e, t, n) {
	let r = /^-(\d+)([mhdw])$/.exec(e);
	if (r) {
		let e = n - Number(r[1]) * ot[r[2]];
		return {
			from: e,
			to: e
		};
	}
	if (e === "now") return {
		from: n,
		to: n
	};
	if (e === "today" || e === "yesterday") {
		let [r, i, a] = gt(n, t).split("/").map(Number), o = e === "today" ? 0 : -1;
		return {
			from: vt(t, a, i - 1, r + o),
			to: vt(t, a, i - 1, r + o + 1)
		};
	}
	let i = /^(\d{4})-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?(Z|[+-]\d{2}:?\d{2})?)?)?$/.exec(e);
	if (!i) return null;
	let [a, o, s, c, l, u] = i.slice(1, 7).map((e) => e === void 0 ? void 0 : Number(e)), d = i[8], f = (e, n, r, i = 0, a = 0, o = 0, s = 0) => {
		if (!d) return vt(t, e, n, r, i, a, o, s);
		let c = /^([+-])(\d{2}):?(\d{2})$/.exec(d), l = c ? (c[1] === "-" ? -1 : 1) * (Number(c[2]) * 60 + Number(c[3])) : 0;
		return Date.UTC(e, n, r, i, a, o, s) - l * 6e4;
	}, p = o - 1;
	if (s === void 0) return {
		from: f(a, p, 1),
		to: f(a, p + 1, 1)
	};
	if (c === void 0) return {
		from: f(a, p, s),
		to: f(a, p, s + 1)
	};
	if (u === void 0) {
		let e = f(a, p, s, c, l);
		return {
			from: e,
			to: e + 6e4
		};
	}
	let m = i[7] ? Number("0." + i[7]) * 1e3 : 0, h = f(a, p, s, c, l, u) + m;
	return {
		from: h,
		to: i[7] ? h + 1 : h + 1e3
	};
}
function bt(e, t, n) {
	if (e === "all" || e === "") return {
		from: null,
		to: null
	};
	let r = e.indexOf("..");
	if (r < 0) {
		let r = yt(e, t, n);
		return r && e.startsWith("-") ? {
			from: r.from,
			to: null
		} : r;
	}
	let i = e.slice(0, r), a = e.slice(r + 2), o = i ? yt(i, t, n) : {
		from: null,
		to: null
	}, s = a ? yt(a, t, n) : {
		from: null,
		to: null
	};
	return o && s ? {
		from: o.from,
		to: s.to
	} : null;
}
function xt(e, t, n) {
	if (e.startsWith("-") && !e.includes("..")) {
		let r = bt(e, t, n);
		return r ? `created:>=${new Date(r.from).toISOString()} created:<${new Date(n).toISOString()}` : `created:${e}`;
	}
	return e === "all" || e === "" ? `created:<${new Date(n).toISOString()}` : `created:${e}`;
}
// node_modules/preact/jsx-runtime/dist/jsxRuntime.mjs
var St = Symbol.for("pv"), Ct = 0;
Array.isArray;
function q(t, n, r, i, a, o) {
	n ||= {};
	var s, c, l = n;
	if ("ref" in l && typeof t != "function") for (c in l = {}, n) c == "ref" ? s = n[c] : l[c] = n[c];
	var u = {
		type: t,
		props: l,
		key: r,
		ref: s,
		__k: null,
		__: null,
		__b: 0,
		__e: null,
		__c: null,
		constructor: St,
		__v: --Ct,
		__i: -1,
		__u: 0
	};
	return (a || o) && (u.__source = a, u.__self = o), e.vnode && e.vnode(u), u;
}
// src/ui/icons.tsx
var wt = {
	search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.7 10.7 14 14",
	close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
	down: "M4 6.5l4 4 4-4",
	right: "M6.5 4l4 4-4 4",
	left: "M9.5 4l-4 4 4 4",
	up: "M4 9.5l4-4 4 4",
	clock: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.5V8l2.5 1.5",
	play: "M5 3.2v9.6L12.5 8z",
	pause: "M5.5 3.5v9M10.5 3.5v9",
	download: "M8 2.5v7.5M5 7.2l3 3 3-3M3 13.5h10",
	filter: "M2 3.5h12M4.5 8h7M6.5 12.5h3",
	copy: "M5.5 5.5h8v8h-8zM3 10.5H2.5v-8h8V3",
	link: "M6.5 9.5l3-3M7 4.5l1.3-1.3a3 3 0 0 1 4.5 4.5L11.5 9M9 11.5l-1.3 1.3a3 3 0 0 1-4.5-4.5L4.5 7",
	plus: "M8 3v10M3 8h10",
	minus: "M3 8h10",
	check: "M3 8.5l3.3 3.3L13 4.8",
	star: "M8 2.3l1.7 3.6 3.9.5-2.9 2.7.8 3.9L8 11l-3.5 2 .8-3.9L2.4 6.4l3.9-.5z",
	menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
	user: "M8 8a2.7 2.7 0 1 0 0-5.4A2.7 2.7 0 0 0 8 8zM3 13.8c.5-2.5 2.4-3.9 5-3.9s4.5 1.4 5 3.9",
	help: "M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4zM6.2 6.2C6.3 5.1 7 4.5 8 4.5c1.1 0 1.8.7 1.8 1.6 0 1.3-1.8 1.4-1.8 2.8M8 11.3v.1",
	shield: "M8 1.8l5 1.9v3.9c0 3-2 5.3-5 6.6-3-1.3-5-3.6-5-6.6V3.7zM5.7 8l1.7 1.7 3-3.2",
	alert: "M8 2.5l6 10.5H2zM8 6.5v3M8 11.3v.1",
	ban: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM3.8 3.8l8.4 8.4",
	list: "M2.5 4h.1M2.5 8h.1M2.5 12h.1M5.5 4h8M5.5 8h8M5.5 12h8",
	chart: "M2.5 13.5h11M4 11V7.5M8 11V3.5M12 11V5.5",
	book: "M2.5 3.5c2-.6 3.8-.4 5.5.8 1.7-1.2 3.5-1.4 5.5-.8v9c-2-.6-3.8-.4-5.5.8-1.7-1.2-3.5-1.4-5.5-.8zM8 4.5v8.5",
	sun: "M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9",
	refresh: "M13 4v3h-3M13 7a5.2 5.2 0 1 0 .2 2.5",
	columns: "M2.5 3.5h11v9h-11zM6.2 3.5v9M9.8 3.5v9",
	out: "M6.5 2.5h-4v11h4M6.5 8h7M10.5 5l3 3-3 3",
	globe: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM2 8h12M8 2c2 2 2.5 4 2.5 6s-.5 4-2.5 6c-2-2-2.5-4-2.5-6S6 4 8 2z",
	more: "M3.5 8h.1M8 8h.1M12.5 8h.1"
};
function J({ name: e, class: t }) {
	return /* @__PURE__ */ q("svg", {
		class: "icon" + (t ? " " + t : ""),
		viewBox: "0 0 16 16",
		width: "16",
		height: "16",
		"aria-hidden": "true",
		focusable: "false",
		children: /* @__PURE__ */ q("path", { d: wt[e] })
	});
}
// src/ui/live.ts
var Tt = null, Et = "", Dt, Ot = 0;
function kt(e) {
	Tt = e;
}
function At(e) {
	Et = e, Dt ||= setTimeout(() => {
		Dt = void 0, Ot = Date.now(), Tt && (Tt.textContent = Et);
	}, Math.max(400, 5e3 - (Date.now() - Ot)));
}
// src/ui/text.tsx
var jt = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;
function Y(e) {
	return e.replace(jt, (e) => `⟨U+${e.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
}
function X(e, t = 160) {
	return Y((e.length > t ? [...e.slice(0, t * 2)].slice(0, t).join("") + "…" : e).replace(/[\r\n\t]+/g, " "));
}
function Mt({ text: e, most: t = 600 }) {
	let [n, r] = H(!1), i = e.length > t, a = 2e5;
	return /* @__PURE__ */ q("span", {
		class: "value",
		dir: "ltr",
		children: [
			Y(i ? n ? e.slice(0, a) : e.slice(0, t) : e),
			i && !n && /* @__PURE__ */ q(b, { children: [
				"…",
				" ",
				/* @__PURE__ */ q("button", {
					type: "button",
					class: "link",
					onClick: () => r(!0),
					children: [
						"show all (",
						e.length.toLocaleString("en"),
						" characters)"
					]
				})
			] }),
			n && e.length > a && /* @__PURE__ */ q("em", { children: " … cut here; copy gives the whole value" })
		]
	});
}
var Nt = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
function Pt(e) {
	return Nt.test(e) ? "…" + e.slice(-8) : X(e, 40);
}
var Ft = (e) => e.toLocaleString("en"), It = (e, t, n = t.replace(/y$/, "ie") + "s") => `${Ft(e)} ${e === 1 ? t : n}`, Lt = {
	CREATE: ["create", "created"],
	READ: ["read", "read"],
	UPDATE: ["update", "updated"],
	DELETE: ["delete", "deleted"],
	LOGIN: ["sign in to", "signed in to"],
	LOGOUT: ["sign out of", "signed out of"],
	EXPORT: ["export", "exported"],
	ARCHIVE: ["archive", "archived"],
	RESTORE: ["restore", "restored"],
	SHARE: ["share", "shared"],
	APPROVE: ["approve", "approved"],
	REJECT: ["reject", "rejected"],
	INVITE: ["invite", "invited"],
	REVOKE: ["revoke", "revoked"],
	ROTATE: ["rotate", "rotated"],
	ANONYMIZE: ["anonymize", "anonymized"],
	SWEEP: ["sweep", "swept"],
	OPEN: ["open", "opened"],
	HOLD: ["hold", "held"],
	VERIFY: ["verify", "verified"],
	DOWNLOAD: ["download", "downloaded"],
	MOVE: ["move", "moved"],
	SEND: ["send", "sent"],
	PUBLISH: ["publish", "published"]
};
function Rt(e) {
	let [t, n] = Lt[e.action] ?? [`perform ${e.action} on`, `performed ${e.action} on`], r = e.outcome === "denied" ? `was denied to ${t}` : e.outcome === "failure" ? `failed to ${t}` : n, i = !e.user_id && !!e.updated_at && e.updated_at !== e.created_at, a = e.user_id ? "user" : i ? "anonymized" : e.actor_type === "system" || e.actor_type === "service" ? "system" : "nobody";
	return {
		who: e.user_id ? e.user_id : i ? "An anonymized person" : e.actor_type === "system" ? "The system" : e.actor_type === "service" ? "A service" : e.actor_type === "api_key" ? "An API key" : "Somebody",
		whoKind: a,
		verb: r,
		type: Ht(e.resource_type),
		name: Ut(e),
		id: e.resource_id ?? "",
		more: qt(e)
	};
}
function zt(e, t) {
	let n = Rt(e), r = n.name || n.id && t?.(n.id);
	return `${n.whoKind === "user" ? Bt(n.who, t) : n.who} ${n.verb} ${n.type}${r ? ` “${X(r, 60)}”` : n.id ? " " + Pt(n.id) : ""}`;
}
function Bt(e, t) {
	let n = t?.(e);
	return n ? X(n, 60) : Pt(e);
}
var Vt = /* @__PURE__ */ new Map([
	["daybook.view", "the log"],
	["daybook.export", "an export of the log"],
	["daybook.session", "a session"],
	["daybook.key", "an API key"],
	["daybook.viewer_token", "a viewer token"],
	["daybook.saved_view", "a saved view"],
	["daybook.proof", "a proof"],
	["daybook.log", "the log of all organizations"]
]);
function Ht(e) {
	return Vt.get(e) ?? e.replace(/_/g, " ");
}
function Ut(e) {
	let t = e.details ?? {};
	for (let e of [
		"name",
		"title",
		"filename",
		"file_name",
		"display_name",
		"subject",
		"email"
	]) {
		let n = t[e];
		if (typeof n == "string" && n.trim()) return n;
	}
	let n = Wt(e);
	for (let e of [
		"name",
		"title",
		"filename"
	]) {
		let t = n.find((t) => t.field === e);
		if (t && typeof t.now == "string" && t.now) return t.now;
		if (t && typeof t.old == "string" && t.old) return t.old;
	}
	return "";
}
function Wt(e) {
	let t = e.details?.changes;
	if (!t || typeof t != "object" || Array.isArray(t)) return [];
	let n = [];
	for (let [e, r] of Object.entries(t)) r && typeof r == "object" && !Array.isArray(r) && ("old" in r || "new" in r) && n.push({
		field: e,
		old: r.old,
		now: r.new
	});
	return n;
}
function Gt(e, t = 28) {
	return e == null ? "none" : typeof e == "string" ? X(e, t) || "“”" : typeof e == "object" ? X(JSON.stringify(e), t) : String(e);
}
var Kt = /* @__PURE__ */ new Set([
	"changes",
	"name",
	"title",
	"filename",
	"file_name",
	"display_name",
	"subject",
	"email",
	"trace_id",
	"error_message",
	"error_type",
	"error",
	"duration_seconds"
]);
function qt(e) {
	let t = e.details ?? {}, n = [], r = Wt(e);
	for (let e of r.slice(0, 2)) n.push(`${X(e.field, 24)}: ${Gt(e.old)} → ${Gt(e.now)}`);
	r.length > 2 && n.push(`${r.length - 2} more`);
	let i = t.error_message ?? t.error ?? t.error_type;
	if (typeof i == "string" && i && n.push(X(i, 80)), n.length === 0) {
		for (let [e, r] of Object.entries(t)) if (!(Kt.has(e) || r === null || typeof r == "object" && !Array.isArray(r)) && (n.push(`${X(e, 24)} ${typeof r == "string" ? Pt(r) : Gt(r)}`), n.length >= 3)) break;
	}
	return n.join(" · ");
}
function Jt(e) {
	let t = 7;
	for (let n = 0; n < e.length; n++) t = t * 31 + e.charCodeAt(n) >>> 0;
	return t * 137 % 360;
}
function Yt(e) {
	return ((/^[0-9a-f]{8}-/.test(e) ? e.slice(-2) : e.replace(/[^\p{L}\p{N}]+/gu, "").slice(0, 2)) || "?").toUpperCase();
}
// src/log/context.ts
var Xt = L(null);
function Z() {
	return Pe(Xt);
}
// src/state/preferences.ts
var Zt = "daybook";
function Qt() {
	try {
		let e = JSON.parse(localStorage.getItem(Zt) ?? "{}");
		return e && typeof e == "object" ? e : {};
	} catch {
		return {};
	}
}
var $t = Qt(), en = { get off() {
	return $t.keys === "off";
} };
// src/ui/use.ts
function tn(e, t) {
	let [n, r] = H(0), [i, a] = H({
		key: null,
		loading: e !== null
	}), o = W(t);
	return o.current = t, U(() => {
		if (e === null) return;
		let t = new AbortController();
		return a((t) => ({
			...t,
			loading: !0,
			...t.key === e ? {} : { problem: void 0 }
		})), o.current(t.signal).then((n) => t.signal.aborted || a({
			key: e,
			data: n,
			loading: !1
		}), (n) => {
			if (t.signal.aborted) return;
			let r = n instanceof R ? n : new R(0, "page", "The page made a mistake: " + (n instanceof Error ? n.message : "unknown"));
			a((t) => ({
				key: e,
				loading: !1,
				problem: r,
				...t.data === void 0 ? {} : { data: t.data }
			}));
		}), () => t.abort();
	}, [e, n]), {
		data: i.data,
		problem: i.problem,
		loading: e !== null && (i.loading || i.key !== e),
		stale: i.key !== e,
		again: Ne(() => r((e) => e + 1), [])
	};
}
function nn(e, t) {
	let [n, r] = H(t);
	return je(() => {
		let n = e.current;
		if (!n) return;
		r(n.clientWidth || t);
		let i = new ResizeObserver(() => n.clientWidth && r(n.clientWidth));
		return i.observe(n), () => i.disconnect();
	}, []), n;
}
async function rn(e) {
	try {
		return await navigator.clipboard.writeText(e), !0;
	} catch {
		let t = document.createElement("textarea");
		t.value = e, t.className = "away", document.body.append(t), t.select();
		let n = document.execCommand("copy");
		return t.remove(), n;
	}
}
// src/ui/parts.tsx
function an({ outcome: e, quiet: t }) {
	let n = e ?? "success";
	return /* @__PURE__ */ q("span", {
		class: `badge badge-${n}${t ? " quiet" : ""}`,
		children: [/* @__PURE__ */ q(J, { name: n === "denied" ? "ban" : n === "failure" ? "alert" : "check" }), n]
	});
}
function on({ id: e, kind: t }) {
	return t === "user" ? /* @__PURE__ */ q("span", {
		class: "avatar",
		style: { "--hue": String(Jt(e)) },
		"aria-hidden": "true",
		children: Yt(e)
	}) : /* @__PURE__ */ q("span", {
		class: "avatar avatar-" + t,
		"aria-hidden": "true",
		children: t === "system" ? "⚙" : "–"
	});
}
function Q({ field: e, value: t, children: n, class: r, label: i }) {
	let a = Z();
	return /* @__PURE__ */ q("button", {
		type: "button",
		class: "v " + (r ?? ""),
		"data-field": e,
		"aria-haspopup": "menu",
		"aria-label": i,
		onKeyDown: (n) => {
			if (en.off || n.ctrlKey || n.metaKey || n.altKey || n.key !== "f" && n.key !== "x" || typeof t == "object" && t) return;
			n.preventDefault();
			let r = K(e, t);
			a.set({ q: n.key === "x" ? Qe(a.log.q, r) : Ze(a.log.q, r) });
		},
		onClick: (n) => {
			n.stopPropagation(), a.value(n.currentTarget, e, t);
		},
		children: n
	});
}
function sn({ text: e, label: t = "Copy", small: n }) {
	let [r, i] = H(!1);
	return /* @__PURE__ */ q("button", {
		type: "button",
		class: n ? "icon-button small" : "button",
		"aria-label": n ? t : void 0,
		title: n ? t : void 0,
		onClick: async (t) => {
			t.stopPropagation(), await rn(typeof e == "string" ? e : e()) && (i(!0), setTimeout(() => i(!1), 1500));
		},
		children: [/* @__PURE__ */ q(J, { name: r ? "check" : "copy" }), !n && /* @__PURE__ */ q("span", { children: r ? "Copied" : t })]
	});
}
function cn({ title: e, children: t, icon: n = "list" }) {
	return /* @__PURE__ */ q("div", {
		class: "empty",
		children: [
			/* @__PURE__ */ q(J, { name: n }),
			/* @__PURE__ */ q("h2", { children: e }),
			t
		]
	});
}
function ln({ to: e, class: t, children: n }) {
	let r = Z(), i = r.link(e);
	return i ? /* @__PURE__ */ q("a", {
		class: t,
		href: i,
		children: n
	}) : /* @__PURE__ */ q("button", {
		type: "button",
		class: t,
		onClick: () => r.set({
			q: "",
			id: "",
			tab: "",
			...e
		}),
		children: n
	});
}
// src/entry/diff.ts
function un(e, t) {
	let n = dn(e), r = dn(t), i = 0;
	for (; i < n.length && i < r.length && n[i] === r[i];) i++;
	let a = 0;
	for (; a < n.length - i && a < r.length - i && n[n.length - 1 - a] === r[r.length - 1 - a];) a++;
	let o = n.slice(i, n.length - a), s = r.slice(i, r.length - a), c = [];
	if ($(c, "same", n.slice(0, i).join("")), o.length * s.length > 25e4) $(c, "old", o.join("")), $(c, "new", s.join(""));
	else for (let e of fn(o, s)) $(c, e.kind, e.text);
	return $(c, "same", n.slice(n.length - a).join("")), c;
}
function dn(e) {
	return e.match(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) ?? [];
}
function $(e, t, n) {
	if (!n) return;
	let r = e.at(-1);
	r?.kind === t ? r.text += n : e.push({
		kind: t,
		text: n
	});
}
function fn(e, t) {
	let n = t.length + 1, r = new Uint16Array((e.length + 1) * n);
	for (let i = e.length - 1; i >= 0; i--) for (let a = t.length - 1; a >= 0; a--) r[i * n + a] = e[i] === t[a] ? r[(i + 1) * n + a + 1] + 1 : Math.max(r[(i + 1) * n + a], r[i * n + a + 1]);
	let i = [], a = 0, o = 0;
	for (; a < e.length || o < t.length;) a < e.length && o < t.length && e[a] === t[o] ? ($(i, "same", e[a]), a++, o++) : a < e.length && (o >= t.length || r[(a + 1) * n + o] >= r[a * n + o + 1]) ? $(i, "old", e[a++]) : $(i, "new", t[o++]);
	return i;
}
function pn(e, t) {
	let n = /* @__PURE__ */ new Map();
	for (let e of t) {
		let t = JSON.stringify(e);
		n.set(t, (n.get(t) ?? 0) + 1);
	}
	let r = [];
	for (let t of e) {
		let e = JSON.stringify(t), i = n.get(e) ?? 0;
		i > 0 ? (n.set(e, i - 1), r.push({
			kind: "same",
			value: t
		})) : r.push({
			kind: "old",
			value: t
		});
	}
	for (let e of t) {
		let t = JSON.stringify(e), i = n.get(t) ?? 0;
		i > 0 && (n.set(t, i - 1), r.push({
			kind: "new",
			value: e
		}));
	}
	return r;
}
// src/entry/json.tsx
function mn({ value: e, keys: t, name: n, depth: r = 0 }) {
	let [i, a] = H(r < 3), [o, s] = H(100), c = n === void 0 ? null : /* @__PURE__ */ q("span", {
		class: "json-key",
		children: [X(n, 200), ": "]
	});
	if (typeof e != "object" || !e) {
		let n = typeof e == "string" ? JSON.stringify(e) : String(e), r = n.length > 400 ? n.slice(0, 400) + "…" : n;
		return /* @__PURE__ */ q("div", {
			class: "json-line",
			children: [c, t && t.length ? /* @__PURE__ */ q(Q, {
				field: nt(t),
				value: e,
				class: "json-" + (e === null ? "null" : typeof e),
				children: Y(r)
			}) : /* @__PURE__ */ q("span", {
				class: "json-" + (e === null ? "null" : typeof e),
				children: Y(r)
			})]
		});
	}
	let l = Array.isArray(e), u = l ? e.map((e, t) => [String(t), e]) : Object.entries(e);
	return u.length ? /* @__PURE__ */ q("div", {
		class: "json-node",
		children: [/* @__PURE__ */ q("button", {
			type: "button",
			class: "json-fold",
			"aria-expanded": i,
			onClick: () => a(!i),
			children: [
				/* @__PURE__ */ q("span", {
					"aria-hidden": "true",
					children: i ? "▾" : "▸"
				}),
				" ",
				c,
				/* @__PURE__ */ q("span", {
					class: "muted",
					children: l ? `list of ${u.length}` : `${u.length} ${u.length === 1 ? "member" : "members"}`
				})
			]
		}), i && /* @__PURE__ */ q("div", {
			class: "json-in",
			children: [u.slice(0, o).map(([e, n]) => /* @__PURE__ */ q(mn, {
				value: n,
				name: e,
				keys: t ? l ? t : [...t, e] : null,
				depth: r + 1
			}, e)), u.length > o && /* @__PURE__ */ q("button", {
				type: "button",
				class: "link",
				onClick: () => s(o + 500),
				children: [u.length - o, " more"]
			})]
		})]
	}) : /* @__PURE__ */ q("div", {
		class: "json-line",
		children: [c, /* @__PURE__ */ q("span", {
			class: "json-null",
			children: l ? "[ ]" : "{ }"
		})]
	});
}
// src/entry/proof.tsx
function hn({ entry: e }) {
	return /* @__PURE__ */ q("p", {
		class: "say",
		children: "This server keeps no ledger."
	});
}
// src/entry/drawer.tsx
var gn = [
	"summary",
	"changes",
	"json",
	"related",
	"proof"
];
function _n({ entry: e, tab: t, setTab: n, close: r, previous: i, next: a, open: o, proof: s }) {
	let c = Z(), l = Wt(e), u = gn.filter((e) => (e !== "changes" || l.length > 0) && (e !== "proof" || s)), d = u.includes(t) ? t : "summary", f = Date.parse(e.created_at), p = Rt(e), m = (e) => {
		let t = u.indexOf(d), r = e.key === "ArrowRight" ? t + 1 : e.key === "ArrowLeft" ? t - 1 : e.key === "Home" ? 0 : e.key === "End" ? u.length - 1 : -1;
		if (r < 0 || ![
			"ArrowRight",
			"ArrowLeft",
			"Home",
			"End"
		].includes(e.key)) return;
		e.preventDefault();
		let i = u[(r + u.length) % u.length];
		n(i), e.currentTarget.querySelector(`#tab-${i}`)?.focus();
	};
	U(() => At(zt(e, c.name)), [e.id]);
	let h = {
		summary: "Summary",
		changes: `Changes ${l.length}`,
		json: "JSON",
		related: "Related",
		proof: "Proof"
	};
	return /* @__PURE__ */ q("aside", {
		class: "drawer",
		part: "drawer",
		"aria-label": "Entry",
		"data-id": e.id,
		children: [
			/* @__PURE__ */ q("header", {
				class: "drawer-head",
				children: [
					/* @__PURE__ */ q("div", {
						class: "drawer-tools",
						children: [
							i !== void 0 && /* @__PURE__ */ q(b, { children: [/* @__PURE__ */ q("button", {
								type: "button",
								class: "icon-button",
								"aria-label": "Previous entry",
								title: "Previous (k)",
								disabled: !i,
								onClick: i ?? void 0,
								children: /* @__PURE__ */ q(J, { name: "up" })
							}), /* @__PURE__ */ q("button", {
								type: "button",
								class: "icon-button",
								"aria-label": "Next entry",
								title: "Next (j)",
								disabled: !a,
								onClick: a ?? void 0,
								children: /* @__PURE__ */ q(J, { name: "down" })
							})] }),
							/* @__PURE__ */ q(an, { outcome: e.outcome }),
							/* @__PURE__ */ q("span", { class: "grow" }),
							c.permalink(e.id) && /* @__PURE__ */ q(sn, {
								small: !0,
								label: "Copy link to this entry",
								text: () => new URL(c.permalink(e.id), location.href).href
							}),
							r && /* @__PURE__ */ q("button", {
								type: "button",
								class: "icon-button",
								"aria-label": "Close entry",
								title: "Close (Esc)",
								onClick: r,
								children: /* @__PURE__ */ q(J, { name: "close" })
							})
						]
					}),
					/* @__PURE__ */ q("div", {
						class: "drawer-title",
						children: [/* @__PURE__ */ q(on, {
							id: p.who,
							kind: p.whoKind
						}), /* @__PURE__ */ q("h2", { children: zt(e, c.name) })]
					}),
					/* @__PURE__ */ q("p", {
						class: "drawer-when",
						children: [
							/* @__PURE__ */ q("time", {
								dateTime: e.created_at,
								title: e.created_at,
								children: pt(e.created_at, c.zone)
							}),
							" ",
							/* @__PURE__ */ q("span", {
								class: "muted",
								children: ht(f, c.now)
							})
						]
					})
				]
			}),
			/* @__PURE__ */ q("div", {
				class: "tabs",
				role: "tablist",
				"aria-label": "Views of the entry",
				onKeyDown: m,
				children: u.map((e) => /* @__PURE__ */ q("button", {
					type: "button",
					role: "tab",
					id: "tab-" + e,
					"aria-selected": e === d,
					"aria-controls": "tab-panel",
					tabIndex: e === d ? 0 : -1,
					onClick: () => n(e),
					children: h[e]
				}, e))
			}),
			/* @__PURE__ */ q("div", {
				class: "drawer-body",
				role: "tabpanel",
				id: "tab-panel",
				"aria-labelledby": "tab-" + d,
				tabIndex: 0,
				children: [
					d === "summary" && /* @__PURE__ */ q(yn, {
						entry: e,
						changes: l,
						more: () => n("changes")
					}),
					d === "changes" && /* @__PURE__ */ q(Sn, { list: l }),
					d === "json" && /* @__PURE__ */ q(En, { entry: e }),
					d === "related" && /* @__PURE__ */ q(Dn, {
						entry: e,
						open: o
					}),
					d === "proof" && /* @__PURE__ */ q(hn, { entry: e })
				]
			})
		]
	});
}
var vn = [
	[
		"User",
		"user_id",
		(e) => e.user_id
	],
	[
		"Actor",
		"actor_type",
		(e) => e.actor_type
	],
	[
		"Action",
		"action",
		(e) => e.action
	],
	[
		"Resource type",
		"resource_type",
		(e) => e.resource_type
	],
	[
		"Resource id",
		"resource_id",
		(e) => e.resource_id
	],
	[
		"Outcome",
		"outcome",
		(e) => e.outcome ?? "success"
	],
	[
		"IP address",
		"ip_address",
		(e) => e.ip_address
	],
	[
		"Request",
		"request_id",
		(e) => e.request_id
	],
	[
		"User agent",
		"user_agent",
		(e) => e.user_agent
	],
	[
		"Recorded by",
		"recorded_by",
		(e) => e.recorded_by
	],
	[
		"Entry id",
		"id",
		(e) => e.id
	]
];
function yn({ entry: e, changes: t, more: n }) {
	let r = Z(), i = Object.entries(e.details ?? {}).filter(([e]) => e !== "changes");
	return /* @__PURE__ */ q(b, { children: [
		e.updated_at && e.updated_at !== e.created_at && /* @__PURE__ */ q("p", {
			class: "note",
			children: [
				/* @__PURE__ */ q(J, { name: "shield" }),
				" Anonymized ",
				pt(e.updated_at, r.zone),
				": personal values were erased, the entry stayed."
			]
		}),
		t.length > 0 && /* @__PURE__ */ q("section", {
			class: "block",
			children: [/* @__PURE__ */ q("h3", { children: [It(t.length, "change"), /* @__PURE__ */ q("button", {
				type: "button",
				class: "link",
				onClick: n,
				children: "Compare"
			})] }), /* @__PURE__ */ q("ul", {
				class: "changes-brief",
				children: t.slice(0, 6).map((e) => /* @__PURE__ */ q("li", { children: [
					/* @__PURE__ */ q("span", {
						class: "change-field",
						children: X(e.field, 80)
					}),
					" ",
					/* @__PURE__ */ q("del", { children: Gt(e.old, 60) }),
					" ",
					/* @__PURE__ */ q("span", {
						"aria-hidden": "true",
						children: "→"
					}),
					" ",
					/* @__PURE__ */ q("ins", { children: Gt(e.now, 60) })
				] }, e.field))
			})]
		}),
		i.length > 0 && /* @__PURE__ */ q("section", {
			class: "block",
			children: [/* @__PURE__ */ q("h3", { children: "Details" }), /* @__PURE__ */ q("dl", {
				class: "facts",
				children: i.map(([e, t]) => /* @__PURE__ */ q("div", { children: [/* @__PURE__ */ q("dt", { children: X(e, 80) }), /* @__PURE__ */ q("dd", { children: typeof t == "object" && t ? /* @__PURE__ */ q(mn, {
					value: t,
					keys: [e],
					depth: 2
				}) : /* @__PURE__ */ q(bn, {
					field: nt([e]),
					value: t
				}) })] }, e))
			})]
		}),
		/* @__PURE__ */ q("section", {
			class: "block",
			children: [/* @__PURE__ */ q("h3", { children: "Fields" }), /* @__PURE__ */ q("dl", {
				class: "facts",
				children: vn.map(([t, n, r]) => {
					let i = r(e);
					return i === void 0 || i === "" ? null : /* @__PURE__ */ q("div", { children: [/* @__PURE__ */ q("dt", { children: t }), /* @__PURE__ */ q("dd", { children: n === "recorded_by" ? /* @__PURE__ */ q(Mt, { text: String(i) }) : /* @__PURE__ */ q(bn, {
						field: n,
						value: i
					}) })] }, n);
				})
			})]
		}),
		/* @__PURE__ */ q("section", {
			class: "block around",
			children: [/* @__PURE__ */ q("h3", { children: "Look around" }), /* @__PURE__ */ q("div", {
				class: "row-buttons",
				children: [
					/* @__PURE__ */ q(ln, {
						class: "button small",
						to: {
							q: "",
							t: xn(e, 5),
							id: e.id
						},
						children: "± 5 minutes"
					}),
					e.request_id && /* @__PURE__ */ q(ln, {
						class: "button small",
						to: {
							q: K("request_id", e.request_id),
							t: xn(e, 60)
						},
						children: "This request"
					}),
					e.user_id && /* @__PURE__ */ q(ln, {
						class: "button small",
						to: { q: K("user_id", e.user_id) },
						children: "This user"
					}),
					e.resource_id && /* @__PURE__ */ q(ln, {
						class: "button small",
						to: {
							q: K("resource", `${e.resource_type}/${e.resource_id}`),
							t: "all"
						},
						children: ["History of this ", X(e.resource_type, 30)]
					})
				]
			})]
		})
	] });
}
function bn({ field: e, value: t }) {
	let n = t === null ? "null" : String(t);
	return /* @__PURE__ */ q("span", {
		class: "fact",
		children: [n.length > 300 ? /* @__PURE__ */ q(Mt, { text: n }) : /* @__PURE__ */ q(Q, {
			field: e,
			value: t,
			class: "mono",
			children: Y(n) || "“”"
		}), /* @__PURE__ */ q(sn, {
			small: !0,
			label: "Copy value",
			text: n
		})]
	});
}
function xn(e, t) {
	let n = Date.parse(e.created_at);
	return `${(/* @__PURE__ */ new Date(Math.floor((n - t * 6e4) / 6e4) * 6e4)).toISOString().slice(0, 16)}Z..${(/* @__PURE__ */ new Date(Math.floor((n + t * 6e4) / 6e4) * 6e4)).toISOString().slice(0, 16)}Z`;
}
function Sn({ list: e }) {
	return /* @__PURE__ */ q("ul", {
		class: "changes",
		children: e.map((e) => /* @__PURE__ */ q("li", { children: [/* @__PURE__ */ q("h3", { children: [/* @__PURE__ */ q(Q, {
			field: "changed",
			value: e.field,
			class: "mono",
			children: X(e.field, 120)
		}), /* @__PURE__ */ q("span", {
			class: "muted",
			children: Cn(e)
		})] }), /* @__PURE__ */ q(wn, { change: e })] }, e.field))
	});
}
function Cn(e) {
	let t = (e) => e == null;
	return t(e.old) ? "added" : t(e.now) ? "removed" : "changed";
}
function wn({ change: { old: e, now: t } }) {
	if (Array.isArray(e) && Array.isArray(t)) return /* @__PURE__ */ q("ul", {
		class: "diff-items",
		children: pn(e, t).slice(0, 300).map((e, t) => /* @__PURE__ */ q("li", {
			class: "diff-" + e.kind,
			children: [
				/* @__PURE__ */ q("span", {
					class: "sign",
					"aria-hidden": "true",
					children: e.kind === "old" ? "−" : e.kind === "new" ? "+" : " "
				}),
				/* @__PURE__ */ q("span", {
					class: "away",
					children: e.kind === "old" ? "removed: " : e.kind === "new" ? "added: " : "kept: "
				}),
				Gt(e.value, 300)
			]
		}, t))
	});
	if (typeof e == "string" && typeof t == "string" && (e.length > 24 || t.length > 24 || /\s/.test(e + t))) {
		let n = un(e.slice(0, 2e4), t.slice(0, 2e4)), r = (e) => n.filter((t) => t.kind !== e).map((e, t) => e.kind === "same" ? /* @__PURE__ */ q("span", { children: Y(e.text) }, t) : e.kind === "old" ? /* @__PURE__ */ q("del", { children: Y(e.text) }, t) : /* @__PURE__ */ q("ins", { children: Y(e.text) }, t));
		return /* @__PURE__ */ q("div", {
			class: "diff",
			children: [/* @__PURE__ */ q("div", {
				class: "diff-old",
				children: [/* @__PURE__ */ q("span", {
					class: "away",
					children: "before: "
				}), r("new")]
			}), /* @__PURE__ */ q("div", {
				class: "diff-new",
				children: [/* @__PURE__ */ q("span", {
					class: "away",
					children: "after: "
				}), r("old")]
			})]
		});
	}
	return /* @__PURE__ */ q("div", {
		class: "diff",
		children: [/* @__PURE__ */ q("div", {
			class: "diff-old",
			children: [/* @__PURE__ */ q("span", {
				class: "away",
				children: "before: "
			}), Tn(e, "del")]
		}), /* @__PURE__ */ q("div", {
			class: "diff-new",
			children: [/* @__PURE__ */ q("span", {
				class: "away",
				children: "after: "
			}), Tn(t, "ins")]
		})]
	});
}
function Tn(e, t) {
	return e == null ? /* @__PURE__ */ q("span", {
		class: "none",
		children: "none"
	}) : typeof e == "object" ? /* @__PURE__ */ q(mn, {
		value: e,
		keys: null,
		depth: 1
	}) : /* @__PURE__ */ q(t, { children: /* @__PURE__ */ q(Mt, { text: typeof e == "string" ? e || "“”" : String(e) }) });
}
function En({ entry: e }) {
	let [t, n] = H(!1), r = JSON.stringify(e, null, 2);
	return /* @__PURE__ */ q(b, { children: [/* @__PURE__ */ q("div", {
		class: "row-buttons",
		children: [
			/* @__PURE__ */ q("button", {
				type: "button",
				class: "button small",
				"aria-pressed": !t,
				onClick: () => n(!1),
				children: "Tree"
			}),
			/* @__PURE__ */ q("button", {
				type: "button",
				class: "button small",
				"aria-pressed": t,
				onClick: () => n(!0),
				children: "Text"
			}),
			/* @__PURE__ */ q("span", { class: "grow" }),
			/* @__PURE__ */ q(sn, {
				label: "Copy JSON",
				text: r
			})
		]
	}), t ? /* @__PURE__ */ q("pre", {
		class: "raw",
		tabIndex: 0,
		"aria-label": "JSON text",
		children: /* @__PURE__ */ q(Mt, {
			text: r,
			most: 2e4
		})
	}) : /* @__PURE__ */ q("div", {
		class: "json",
		children: Object.entries(e).map(([e, t]) => e === "details" ? /* @__PURE__ */ q(mn, {
			value: t,
			name: e,
			keys: []
		}, e) : /* @__PURE__ */ q("div", {
			class: "json-line",
			children: [/* @__PURE__ */ q("span", {
				class: "json-key",
				children: [e, ": "]
			}), [
				"created_at",
				"updated_at",
				"organization_id",
				"recorded_by"
			].includes(e) ? /* @__PURE__ */ q("span", {
				class: "json-string",
				children: JSON.stringify(t)
			}) : /* @__PURE__ */ q(Q, {
				field: e,
				value: t,
				class: "json-string",
				children: Y(JSON.stringify(t))
			})]
		}, e))
	})] });
}
function Dn({ entry: e, open: t }) {
	let n = [];
	return e.request_id && n.push([
		"In the same request",
		K("request_id", e.request_id),
		xn(e, 60)
	]), e.user_id && n.push([
		"By the same user, one hour before and after",
		K("user_id", e.user_id),
		xn(e, 60)
	]), e.resource_id && n.push([
		`History of this ${X(e.resource_type, 40)}`,
		K("resource", `${e.resource_type}/${e.resource_id}`),
		"all"
	]), e.ip_address && n.push([
		"From the same IP address, one hour before and after",
		K("ip_address", e.ip_address),
		xn(e, 60)
	]), /* @__PURE__ */ q(b, { children: [n.map(([n, r, i]) => /* @__PURE__ */ q(On, {
		title: n,
		q: r,
		t: i,
		self: e.id,
		open: t
	}, n)), !n.length && /* @__PURE__ */ q("p", {
		class: "say",
		children: "This entry has neither a request, a user nor a resource id."
	})] });
}
function On({ title: e, q: t, t: n, self: r, open: i }) {
	let a = Z(), o = n === "all" ? t : `${t} created:${n}`, s = tn(`${a.organization}\n${o}`, (e) => a.client.entries({
		organization: a.organization,
		q: o,
		tz: a.zone,
		order: "newest",
		limit: 12
	}, e)), c = s.data?.entries ?? [];
	return /* @__PURE__ */ q("section", {
		class: "block related",
		children: [
			/* @__PURE__ */ q("h3", { children: [e, s.data && c.length > 0 && /* @__PURE__ */ q(ln, {
				class: "link",
				to: {
					q: t,
					t: n
				},
				children: "Open as a list"
			})] }),
			s.problem && /* @__PURE__ */ q("p", {
				class: "say wrong",
				children: [
					s.problem.message,
					" ",
					/* @__PURE__ */ q("button", {
						type: "button",
						class: "link",
						onClick: s.again,
						children: "Try again"
					})
				]
			}),
			!s.data && !s.problem && /* @__PURE__ */ q("span", { class: "bone long" }),
			/* @__PURE__ */ q("ol", {
				class: "related-list",
				children: c.map((e) => /* @__PURE__ */ q("li", {
					class: e.id === r ? "self" : "",
					children: /* @__PURE__ */ q("button", {
						type: "button",
						class: "related-row",
						"aria-current": e.id === r ? "true" : void 0,
						onClick: () => e.id !== r && i(e),
						children: [
							/* @__PURE__ */ q("time", {
								dateTime: e.created_at,
								title: e.created_at,
								children: pt(e.created_at, a.zone).replace(/^\w+ /, "").replace(/ \d{4},/, ",").replace(/(\.\d+)? [^ ]+$/, "")
							}),
							/* @__PURE__ */ q("span", { children: zt(e, a.name) }),
							e.outcome && e.outcome !== "success" && /* @__PURE__ */ q(an, {
								outcome: e.outcome,
								quiet: !0
							})
						]
					})
				}, e.id))
			}),
			s.data && c.length <= 1 && /* @__PURE__ */ q("p", {
				class: "say",
				children: c.length ? "Nothing else." : "Nothing found."
			}),
			s.data?.next && /* @__PURE__ */ q(ln, {
				class: "link",
				to: {
					q: t,
					t: n
				},
				children: "More, as a list"
			})
		]
	});
}
// src/log/facets.tsx
var kn = [
	"outcome",
	"action",
	"resource_type",
	"user_id",
	"actor_type"
], An = {
	outcome: "Outcome",
	action: "Action",
	resource_type: "Resource type",
	user_id: "User",
	ip_address: "IP address",
	actor_type: "Actor",
	request_id: "Request",
	resource_id: "Resource"
};
function jn({ answer: e, total: t, close: n }) {
	let [r, i] = H(""), a = e.data ?? [];
	return /* @__PURE__ */ q("aside", {
		class: "facets" + (e.loading && e.data ? " loading" : ""),
		"aria-label": "Facets",
		children: [
			/* @__PURE__ */ q("div", {
				class: "facets-head",
				children: [/* @__PURE__ */ q("label", {
					class: "facet-search",
					children: [/* @__PURE__ */ q(J, { name: "search" }), /* @__PURE__ */ q("input", {
						type: "search",
						placeholder: "Find a value",
						"aria-label": "Find a value in the facets",
						value: r,
						onInput: (e) => i(e.currentTarget.value)
					})]
				}), n && /* @__PURE__ */ q("button", {
					type: "button",
					class: "icon-button",
					"aria-label": "Close the facets",
					onClick: n,
					children: /* @__PURE__ */ q(J, { name: "close" })
				})]
			}),
			e.problem && !e.data && /* @__PURE__ */ q("p", {
				class: "say wrong",
				children: [
					e.problem.message,
					" ",
					/* @__PURE__ */ q("button", {
						type: "button",
						class: "link",
						onClick: e.again,
						children: "Try again"
					})
				]
			}),
			!e.data && !e.problem && Array.from({ length: 4 }, (e, t) => /* @__PURE__ */ q("div", {
				class: "facet bones",
				"aria-hidden": "true",
				children: [
					/* @__PURE__ */ q("span", { class: "bone" }),
					/* @__PURE__ */ q("span", { class: "bone long" }),
					/* @__PURE__ */ q("span", { class: "bone long" })
				]
			}, t)),
			a.map((e) => /* @__PURE__ */ q(Mn, {
				facet: e,
				search: r.trim().toLowerCase(),
				total: t
			}, e.field))
		]
	});
}
function Mn({ facet: e, search: t, total: n }) {
	let r = Z(), [i, a] = H(!1), o = r.log.q, s = t ? e.values.filter((e) => e.value.toLowerCase().includes(t)) : e.values, c = i || t ? s : s.slice(0, 6), l = Math.max(1, ...e.values.map((e) => e.count), e.missing);
	if (t && !s.length) return null;
	let u = (e) => {
		let t = G(o).list.findIndex((t) => o.slice(t.from, t.to) === e);
		r.set({ q: et(o, e) && t >= 0 ? Ke(o, t) : Ze(o, e) });
	}, d = (t, n, i) => {
		let a = K(e.field, t), s = et(o, a), c = et(o, Xe(a));
		return /* @__PURE__ */ q("li", {
			class: "facet-row" + (s ? " on" : "") + (c ? " off" : ""),
			children: [/* @__PURE__ */ q("button", {
				type: "button",
				class: "facet-value",
				"aria-pressed": s,
				title: t ?? void 0,
				"aria-label": `Only ${i}: ${Ft(n)}`,
				onClick: () => u(a),
				children: [
					/* @__PURE__ */ q("span", {
						class: "facet-bar",
						style: { width: 100 * n / l + "%" }
					}),
					/* @__PURE__ */ q("span", {
						class: "facet-name",
						children: i
					}),
					/* @__PURE__ */ q("span", {
						class: "facet-count",
						children: Ft(n)
					})
				]
			}), /* @__PURE__ */ q("button", {
				type: "button",
				class: "facet-not",
				"aria-label": `Exclude ${i}`,
				title: "Exclude",
				onClick: () => r.set({ q: Qe(o, a) }),
				children: /* @__PURE__ */ q(J, { name: "minus" })
			})]
		}, t ?? "\0");
	}, f = e.values.reduce((e, t) => e + t.count, 0) + e.other + e.missing;
	return /* @__PURE__ */ q("section", {
		class: "facet",
		"aria-label": An[e.field] ?? e.field,
		children: [
			/* @__PURE__ */ q("h3", { children: An[e.field] ?? X(e.field, 40) }),
			/* @__PURE__ */ q("ul", { children: [c.map((t) => d(t.value, t.count, ["user_id", "resource_id"].includes(e.field) ? Pt(t.value) : X(t.value, 60))), !t && e.missing > 0 && d(null, e.missing, "none")] }),
			!t && s.length > 6 && /* @__PURE__ */ q("button", {
				type: "button",
				class: "link",
				"aria-expanded": i,
				onClick: () => a(!i),
				children: i ? "Fewer" : `${s.length - 6} more`
			}),
			!t && e.other > 0 && (i || s.length <= 6) && /* @__PURE__ */ q("p", {
				class: "facet-other",
				children: [Ft(e.other), " with other values"]
			}),
			e.field.startsWith("details.") && n >= 0 && f !== n && !t && /* @__PURE__ */ q("p", {
				class: "facet-other",
				children: "of lists, each item is counted"
			})
		]
	});
}
// src/log/feed.ts
var Nn = 24, Pn = 3e7, Fn = class {
	load;
	dayOf;
	heights;
	changed;
	sheets = [];
	next;
	begun = !1;
	clock = 0;
	abort = new AbortController();
	reading = /* @__PURE__ */ new Set();
	problem;
	loading = !1;
	warnings = [];
	scannedTo = "";
	count = 0;
	height = 0;
	constructor(e, t, n, r) {
		this.load = e, this.dayOf = t, this.heights = n, this.changed = r;
	}
	get complete() {
		return this.begun && this.next === void 0;
	}
	get started() {
		return this.begun;
	}
	close() {
		this.abort.abort();
	}
	resize(e) {
		(e.entry !== this.heights.entry || e.day !== this.heights.day) && (this.heights = e, this.layout(0));
	}
	async more() {
		if (this.loading || this.complete) return;
		this.loading = !0, this.problem = void 0, this.changed();
		let e = this.next;
		try {
			let t = await this.load(e, this.abort.signal);
			if (this.abort.signal.aborted) return;
			this.loading = !1, this.fill(t, e);
		} catch (e) {
			if (this.abort.signal.aborted) return;
			this.loading = !1, this.problem = e instanceof R ? e : new R(0, "page", "The answer could not be read.");
		}
		this.changed();
	}
	fill(e, t) {
		this.begun = !0, this.next = e.next || void 0, this.scannedTo = e.scanned_to ?? "", this.warnings = e.warnings ?? this.warnings;
		let n = {
			cursor: t,
			entries: e.entries,
			count: e.entries.length,
			index: this.count,
			days: [],
			top: 0,
			height: 0,
			used: ++this.clock
		};
		return this.head(n, this.key), this.sheets.push(n), this.layout(this.sheets.length - 1), this.forget(), this;
	}
	key = "";
	head(e, t) {
		let n = t;
		for (let t = 0; t < e.entries.length; t++) {
			let [r, i] = this.dayOf(e.entries[t]);
			r !== n && e.days.push({
				before: t,
				label: i,
				key: r
			}), n = r;
		}
		this.key = n;
	}
	layout(e) {
		for (let t = e; t < this.sheets.length; t++) {
			let e = this.sheets[t], n = this.sheets[t - 1];
			e.top = n ? n.top + n.height : 0, e.index = n ? n.index + n.count : 0, e.height = e.count * this.heights.entry + e.days.length * this.heights.day;
		}
		let t = this.sheets.at(-1);
		this.count = t ? t.index + t.count : 0, this.height = t ? t.top + t.height : 0;
	}
	forget() {
		let e = this.sheets.filter((e) => e.entries);
		if (!(e.length <= Nn)) {
			e.sort((e, t) => e.used - t.used);
			for (let t of e.slice(0, e.length - Nn)) t.entries = null;
		}
	}
	async reload(e) {
		if (this.reading.has(e)) return;
		this.reading.add(e);
		let t = this.sheets[e];
		try {
			let e = await this.load(t.cursor, this.abort.signal);
			if (this.abort.signal.aborted) return;
			t.entries = e.entries.slice(0, t.count), t.used = ++this.clock, this.forget(), this.changed();
		} catch {} finally {
			this.reading.delete(e);
		}
	}
	get scrolled() {
		return Math.min(this.height, Pn);
	}
	window(e, t) {
		let n = this.height > Pn ? (this.height - t) / Math.max(1, Pn - t) : 1, r = e * n, i = this.heights.entry * 6, a = r - i, o = r + t + i, s = [], c = 0, l = this.sheets.length;
		for (; c < l;) {
			let e = c + l >> 1, t = this.sheets[e];
			t.top + t.height < a ? c = e + 1 : l = e;
		}
		for (let e = c; e < this.sheets.length && this.sheets[e].top < o; e++) {
			let t = this.sheets[e];
			t.used = ++this.clock, t.entries || this.reload(e);
			let n = t.top, r = 0;
			for (let e = 0; e < t.count && n < o; e++) {
				let i = t.days[r];
				i && i.before === e && (n + this.heights.day >= a && s.push({
					kind: "day",
					label: i.label,
					key: i.key,
					y: n
				}), n += this.heights.day, r++), n + this.heights.entry >= a && n < o && s.push({
					kind: "entry",
					entry: t.entries?.[e] ?? null,
					index: t.index + e,
					y: n
				}), n += this.heights.entry;
			}
		}
		let u = s[0]?.y ?? 0, d = s.at(-1), f = d ? d.y + (d.kind === "day" ? this.heights.day : this.heights.entry) : 0, p = n === 1 ? u : Math.max(0, e + (u - r));
		return {
			items: s,
			before: p,
			after: Math.max(0, this.scrolled - p - (f - u))
		};
	}
	at(e) {
		let t = this.sheets.find((t) => e >= t.index && e < t.index + t.count);
		return t?.entries?.[e - t.index] ?? null;
	}
	indexOf(e) {
		for (let t of this.sheets) {
			let n = t.entries?.findIndex((t) => t.id === e) ?? -1;
			if (n >= 0) return t.index + n;
		}
		return -1;
	}
	y(e) {
		let t = this.sheets.find((t) => e >= t.index && e < t.index + t.count);
		if (!t) return 0;
		let n = e - t.index, r = t.top + n * this.heights.entry + t.days.filter((e) => e.before <= n).length * this.heights.day;
		return this.height > Pn ? r / (this.height / Pn) : r;
	}
	get oldestLoaded() {
		return this.count ? this.at(this.count - 1) : null;
	}
};
// src/ui/menu.tsx
function In(e, t, n = !1) {
	let r = e.getBoundingClientRect(), i = t.offsetWidth, a = t.offsetHeight, o = n ? r.right - i : r.left, s = innerHeight - r.bottom, c = s < a + 8 && r.top > s ? Math.max(8, r.top - a - 4) : r.bottom + 4;
	t.style.left = Math.max(8, Math.min(o, innerWidth - i - 8)) + "px", t.style.top = c + "px", t.style.maxHeight = Math.max(120, innerHeight - c - 8) + "px";
}
function Ln({ anchor: e, end: t, class: n, label: r, role: i = "dialog", close: a, children: o }) {
	let s = W(null), c = W(a);
	return c.current = a, je(() => {
		let n = s.current;
		n.showPopover?.(), e && In(e, n, t);
		let r = () => e && In(e, n, t), i = (t) => {
			let r = t.composedPath();
			!r.includes(n) && !(e && r.includes(e)) && c.current(!1);
		}, a = new ResizeObserver(r);
		return a.observe(n), addEventListener("resize", r), document.addEventListener("pointerdown", i, !0), () => {
			a.disconnect(), removeEventListener("resize", r), document.removeEventListener("pointerdown", i, !0);
		};
	}, [e]), /* @__PURE__ */ q("div", {
		ref: s,
		popover: "manual",
		class: "popover " + (n ?? ""),
		role: i,
		"aria-label": r,
		onKeyDown: (e) => {
			e.key === "Escape" && (e.stopPropagation(), e.preventDefault(), a(!0));
		},
		children: o
	});
}
function Rn({ anchor: e, end: t, label: n, items: r, close: i, head: a }) {
	let o = W(null), s = () => [...o.current?.querySelectorAll("[role^=\"menuitem\"]:not([aria-disabled=\"true\"])") ?? []];
	U(() => {
		let e = s();
		(e.find((e) => e.getAttribute("aria-checked") === "true") ?? e[0])?.focus();
	}, []);
	let c = (e) => {
		let t = s(), n = t.findIndex((e) => e === o.current.getRootNode().activeElement), r = -1;
		if (e.key === "ArrowDown") r = (n + 1) % t.length;
		else if (e.key === "ArrowUp") r = (n - 1 + t.length) % t.length;
		else if (e.key === "Home") r = 0;
		else if (e.key === "End") r = t.length - 1;
		else if (e.key === "Tab") return i(!0);
		else e.key.length === 1 && !e.ctrlKey && !e.metaKey && (r = t.findIndex((t, r) => r !== n && t.textContent.toLowerCase().startsWith(e.key.toLowerCase())));
		r >= 0 && (e.preventDefault(), e.stopPropagation(), t[r]?.focus());
	}, l = r.some((e) => e.checked !== void 0);
	return /* @__PURE__ */ q(Ln, {
		anchor: e,
		end: t ?? !1,
		label: n,
		role: "menu",
		class: "menu",
		close: i,
		children: [a, /* @__PURE__ */ q("div", {
			ref: o,
			role: "none",
			onKeyDown: c,
			children: r.map((e, t) => e.heading ? /* @__PURE__ */ q("div", {
				class: "menu-heading",
				role: "presentation",
				children: e.label
			}, t) : e.href ? /* @__PURE__ */ q("a", {
				role: "menuitem",
				class: "menu-item",
				tabIndex: -1,
				href: e.href,
				download: e.download,
				onClick: () => i(!0),
				children: [/* @__PURE__ */ q("span", { children: e.label }), e.hint && /* @__PURE__ */ q("span", {
					class: "menu-hint",
					children: e.hint
				})]
			}, t) : /* @__PURE__ */ q("button", {
				type: "button",
				class: "menu-item",
				role: l ? "menuitemradio" : "menuitem",
				"aria-checked": l ? e.checked ?? !1 : void 0,
				"aria-disabled": e.disabled,
				tabIndex: -1,
				onClick: () => {
					e.disabled || (i(!0), e.do?.());
				},
				children: [
					l && /* @__PURE__ */ q("span", {
						class: "menu-check",
						children: e.checked ? "✓" : ""
					}),
					/* @__PURE__ */ q("span", { children: e.label }),
					e.hint && /* @__PURE__ */ q("span", {
						class: "menu-hint",
						children: e.hint
					})
				]
			}, t))
		})]
	});
}
// src/log/query-bar.tsx
function zn() {
	let e = Z(), t = e.log.q, [n, r] = H(t), [i, a] = H(null), [o, s] = H([]), [c, l] = H(-1), [u, d] = H(!1), f = W(null), p = W(null);
	U(() => r(t), [t]), U(() => {
		if (n.trim() === "") {
			a(null);
			return;
		}
		let r = new AbortController(), i = setTimeout(async () => {
			try {
				let t = await e.client.get("/v1/filter", {
					q: n,
					tz: e.zone
				}, r.signal);
				a({
					q: n,
					notes: t.warnings ?? [],
					error: !1
				});
			} catch (e) {
				e instanceof R && e.status === 400 && a({
					q: n,
					notes: e.notes.length ? e.notes : [{
						code: e.code,
						message: e.message
					}],
					error: !0
				});
			}
		}, n === t ? 0 : 350);
		return () => {
			clearTimeout(i), r.abort();
		};
	}, [
		n,
		t,
		e.zone,
		e.organization
	]), U(() => {
		if (!u) return;
		let t = new AbortController(), r = setTimeout(async () => {
			let r = f.current?.selectionStart ?? n.length;
			try {
				let i = await e.client.get("/v1/suggest", {
					q: n,
					at: it(n, r),
					organization: e.organization
				}, t.signal), a = rt(n, i.from), o = rt(n, i.to);
				s(i.items.slice(0, 12).map((e) => ({
					text: e.text,
					hint: e.count ? e.count.toLocaleString("en") : e.kind,
					from: a,
					to: o
				}))), l(-1);
			} catch {
				t.signal.aborted || s([]);
			}
		}, 120);
		return () => {
			clearTimeout(r), t.abort();
		};
	}, [
		n,
		u,
		e.organization
	]), U(() => {
		let e = p.current;
		e && (u && o.length ? (e.matches(":popover-open") || e.showPopover(), In(f.current, e), e.style.minWidth = Math.min(420, f.current.offsetWidth) + "px") : e.matches(":popover-open") && e.hidePopover());
	}, [u, o]);
	let m = (n) => {
		d(!1), r(n), n.trim() !== t && e.set({ q: n.trim() });
	}, h = (e) => {
		let t = n.slice(0, e.from) + e.text + n.slice(e.to), i = !/[:.=<>~(,]$/.test(e.text), a = e.from + e.text.length + (i && e.to >= n.length ? 1 : 0);
		r(i && e.to >= n.length ? t + " " : t), requestAnimationFrame(() => {
			f.current?.focus(), f.current?.setSelectionRange(a, a);
		});
	}, g = i && i.q === n ? i : null, _ = g?.notes ?? [], v = !!g?.error;
	return /* @__PURE__ */ q("div", {
		class: "query",
		children: [
			/* @__PURE__ */ q("div", {
				class: "query-box" + (v ? " wrong" : ""),
				children: [
					/* @__PURE__ */ q(J, { name: "search" }),
					/* @__PURE__ */ q("input", {
						ref: f,
						id: "query",
						type: "text",
						role: "combobox",
						"aria-label": "Filter",
						"aria-expanded": u && o.length > 0,
						"aria-controls": "query-list",
						"aria-autocomplete": "list",
						"aria-activedescendant": c >= 0 ? `query-item-${c}` : void 0,
						"aria-invalid": v,
						"aria-describedby": _.length ? "query-notes" : void 0,
						placeholder: "Filter: action:DELETE  user:…  ip:192.0.2.0/24  or any words",
						autocomplete: "off",
						autocapitalize: "off",
						spellcheck: !1,
						maxLength: 4096,
						value: n,
						onInput: (e) => {
							r(e.currentTarget.value), d(!0);
						},
						onClick: () => d(!0),
						onBlur: () => d(!1),
						onKeyDown: (e) => {
							e.key === "ArrowDown" || e.key === "ArrowUp" ? (e.preventDefault(), u ? o.length && l((c + (e.key === "ArrowDown" ? 1 : o.length) + (c < 0 && e.key, 0)) % o.length) : d(!0)) : e.key === "Enter" ? (e.preventDefault(), u && c >= 0 && o[c] ? h(o[c]) : m(n)) : e.key === "Tab" && u && c >= 0 && o[c] ? (e.preventDefault(), h(o[c])) : e.key === "Escape" && (e.stopPropagation(), u && o.length ? d(!1) : n === t ? f.current?.blur() : r(t));
						}
					}),
					n !== t && /* @__PURE__ */ q("kbd", {
						class: "enter",
						children: "Enter"
					}),
					n !== "" && /* @__PURE__ */ q("button", {
						type: "button",
						class: "icon-button small",
						"aria-label": "Clear the filter",
						onClick: () => m(""),
						children: /* @__PURE__ */ q(J, { name: "close" })
					})
				]
			}),
			/* @__PURE__ */ q("div", {
				ref: p,
				popover: "manual",
				id: "query-list",
				role: "listbox",
				"aria-label": "Suggestions",
				class: "popover suggestions",
				children: o.map((e, t) => /* @__PURE__ */ q("div", {
					id: `query-item-${t}`,
					role: "option",
					"aria-selected": t === c,
					class: "suggestion" + (t === c ? " at" : ""),
					onPointerDown: (t) => {
						t.preventDefault(), h(e);
					},
					children: [/* @__PURE__ */ q("span", { children: X(e.text, 80) }), /* @__PURE__ */ q("small", { children: X(e.hint, 60) })]
				}, e.text + t))
			}),
			_.length > 0 && /* @__PURE__ */ q("ul", {
				id: "query-notes",
				class: "notes" + (v ? " wrong" : ""),
				role: v ? "alert" : void 0,
				children: _.map((e, t) => /* @__PURE__ */ q(Bn, {
					note: e,
					q: n,
					wrong: v,
					select: (e, t) => {
						f.current?.focus(), f.current?.setSelectionRange(e, t);
					},
					fix: (e) => m(e)
				}, t))
			})
		]
	});
}
function Bn({ note: e, q: t, wrong: n, select: r, fix: i }) {
	let a = e.at !== void 0 && e.at >= 0, o = a ? rt(t, e.at) : 0, s = a ? Math.max(o, rt(t, e.at + (e.length ?? 1))) : 0, c = Math.max(0, o - 24), l = a && e.suggestion ? t.slice(0, o) + e.suggestion + t.slice(s) : "";
	return /* @__PURE__ */ q("li", { children: [
		/* @__PURE__ */ q(J, { name: n ? "ban" : "alert" }),
		/* @__PURE__ */ q("span", { children: Y(e.message) }),
		a && /* @__PURE__ */ q("button", {
			type: "button",
			class: "excerpt",
			"aria-label": `Select: ${Y(t.slice(o, s))}`,
			onClick: () => r(o, s),
			children: [
				c > 0 && "…",
				Y(t.slice(c, o)),
				/* @__PURE__ */ q("mark", { children: Y(t.slice(o, s)) || "⟨here⟩" }),
				Y(t.slice(s, s + 24)),
				s + 24 < t.length && "…"
			]
		}),
		l && /* @__PURE__ */ q("button", {
			type: "button",
			class: "button small",
			onClick: () => i(l),
			children: ["Use ", /* @__PURE__ */ q("b", { children: X(e.suggestion, 60) })]
		})
	] });
}
var Vn = {
	":": "is",
	"=": "is exactly",
	"!=": "is another than",
	">": "over",
	">=": "from",
	"<": "below",
	"<=": "up to",
	"~": "matches",
	"!~": "does not match"
};
function Hn({ quiet: e }) {
	let t = Z(), n = t.log.q, { list: r, alternative: i } = G(n);
	return r.length ? i ? /* @__PURE__ */ q("ul", {
		class: "chips",
		"aria-label": "Filter terms",
		children: /* @__PURE__ */ q(Un, {
			text: n,
			negated: !1,
			remove: () => t.set({ q: "" })
		})
	}) : /* @__PURE__ */ q("ul", {
		class: "chips",
		"aria-label": "Filter terms",
		children: r.map((e, r) => /* @__PURE__ */ q(Un, {
			text: e.text,
			negated: e.negated,
			remove: () => t.set({ q: Ke(n, r) }),
			turn: () => t.set({ q: n.slice(0, e.from) + (e.negated ? "" : "-") + e.text + n.slice(e.to) })
		}, e.from))
	}) : e ? /* @__PURE__ */ q("span", { class: "grow" }) : /* @__PURE__ */ q("div", {
		class: "chips",
		children: [/* @__PURE__ */ q("span", {
			class: "muted",
			children: "No filter: every entry in this time"
		}), /* @__PURE__ */ q("button", {
			type: "button",
			class: "chip ghost",
			onClick: () => t.set({ q: at }),
			children: "Hide successful reads"
		})]
	});
}
function Un({ text: e, negated: t, remove: n, turn: r }) {
	let i = t && "-" + e == "-(action:READ outcome:success)", a = tt(e), o = a ? /^\s*(:|=|!=|>=?|<=?|~|!~)/.exec(e.slice(a.length)) : null, s = i ? "successful reads hidden" : o ? `${a.replace(/^details\./, "")} ${t ? "not " : ""}${Vn[o[1]] ?? o[1]} ${e.slice(a.length + o[0].length)}` : `${t ? "without " : ""}${e}`;
	return /* @__PURE__ */ q("li", {
		class: "chip" + (t ? " negated" : ""),
		children: [i ? /* @__PURE__ */ q("span", { children: "Successful reads hidden" }) : o ? /* @__PURE__ */ q("button", {
			type: "button",
			class: "chip-text",
			"aria-label": `Turn round: ${X(s, 120)}`,
			disabled: !r,
			onClick: r,
			children: [
				/* @__PURE__ */ q("span", { children: X(a.replace(/^details\./, ""), 40) }),
				" ",
				/* @__PURE__ */ q("i", { children: t ? "not" : Vn[o[1]] }),
				" ",
				/* @__PURE__ */ q("b", { children: X(e.slice(a.length + o[0].length), 60) })
			]
		}) : /* @__PURE__ */ q("button", {
			type: "button",
			class: "chip-text",
			"aria-label": `Turn round: ${X(s, 120)}`,
			disabled: !r,
			onClick: r,
			children: [t && /* @__PURE__ */ q("i", { children: "without " }), /* @__PURE__ */ q("b", { children: X(e, 80) })]
		}), /* @__PURE__ */ q("button", {
			type: "button",
			class: "chip-x",
			"aria-label": `Remove: ${X(s, 120)}`,
			onClick: n,
			children: /* @__PURE__ */ q(J, { name: "close" })
		})]
	});
}
// src/log/read-facets.ts
async function Wn(e, t, n, r, i) {
	return (await e.get("/v1/entries/facets", {
		organization: t,
		q: n,
		tz: r,
		fields: kn.join(","),
		limit: 50
	}, i)).facets.map((e) => ({
		field: e.field,
		values: e.values.map((e) => ({
			value: String(e.values[0] ?? ""),
			count: e.count
		})),
		other: e.other ?? 0,
		missing: e.missing ?? 0
	}));
}
// src/log/table.tsx
function Gn({ feed: e, scroller: t, total: n, columns: r, cards: i, selected: a, open: o, version: s }) {
	let c = Z(), l = W(null), [, u] = H(0), [d, f] = H(-1), p = W(!1), m = () => l.current && t.current ? l.current.getBoundingClientRect().top - t.current.getBoundingClientRect().top + t.current.scrollTop : 0, h = t.current ? Math.max(0, t.current.scrollTop - m()) : 0, g = t.current?.clientHeight || innerHeight, _ = e.window(h, g);
	U(() => {
		let e = t.current;
		if (!e) return;
		let n = 0, r = () => {
			n ||= requestAnimationFrame(() => {
				n = 0, u((e) => e + 1);
			});
		};
		e.addEventListener("scroll", r, { passive: !0 });
		let i = new ResizeObserver(r);
		return i.observe(e), () => {
			cancelAnimationFrame(n), e.removeEventListener("scroll", r), i.disconnect();
		};
	}, [e]), U(() => {
		!e.complete && !e.loading && !e.problem && h + g * 3 > e.scrolled && e.more();
	}, [
		s,
		h,
		g,
		e
	]), U(() => f(-1), [e]), je(() => {
		if (!p.current) return;
		let e = l.current?.querySelector(`tr[data-index="${d}"]`);
		e && (p.current = !1, e.focus({ preventScroll: !0 }));
	});
	let v = (n) => {
		if (n < 0 || n >= e.count) return;
		let r = t.current, a = e.y(n) + m(), o = i ? 84 : 38, s = i ? 0 : 40;
		a - s < r.scrollTop ? r.scrollTop = a - s - 34 : a + o > r.scrollTop + r.clientHeight && (r.scrollTop = a + o - r.clientHeight), p.current = !0, f(n), u((e) => e + 1);
	}, y = (t) => {
		let n = t.target, r = n.closest("tr[data-index]");
		if (!r || t.ctrlKey || t.metaKey || t.altKey) return;
		let i = Number(r.dataset.index), a = [...r.querySelectorAll(".v, .row-open")], s = a.indexOf(n), c = Math.max(1, Math.floor(g / 38) - 2), l = {
			ArrowDown: () => v(i + 1),
			ArrowUp: () => v(i - 1),
			PageDown: () => v(Math.min(e.count - 1, i + c)),
			PageUp: () => v(Math.max(0, i - c)),
			Home: () => v(0),
			End: () => v(e.count - 1),
			ArrowRight: () => a[Math.min(s + 1, a.length - 1)]?.focus(),
			ArrowLeft: () => s <= 0 ? r.focus() : a[s - 1]?.focus()
		};
		if (l[t.key]) t.preventDefault(), l[t.key]();
		else if (t.key === "Enter" && n === r) {
			t.preventDefault();
			let n = e.at(i);
			n && o(n);
		}
	};
	U(() => {
		let n = (t) => {
			let n = t.detail, r = d >= 0 ? d : a ? e.indexOf(a) : -1;
			v(Math.max(0, Math.min(e.count - 1, r + n)));
		}, r = t.current;
		return r?.addEventListener("daybook-move", n), () => r?.removeEventListener("daybook-move", n);
	});
	let b = d >= 0 ? d : _.items.find((e) => e.kind === "entry" && e.y >= h)?.index ?? 0, x = r.length;
	return /* @__PURE__ */ q("table", {
		ref: l,
		role: "table",
		part: "list",
		class: i ? "log-table cards" : "log-table",
		"aria-rowcount": n >= 0 ? n + 1 : -1,
		"aria-label": "Entries",
		"aria-busy": e.loading,
		style: x ? { "--extra": `repeat(${x}, minmax(110px, 170px))` } : {},
		onKeyDown: y,
		children: [/* @__PURE__ */ q("thead", {
			role: "rowgroup",
			children: /* @__PURE__ */ q("tr", {
				role: "row",
				"aria-rowindex": 1,
				children: [
					/* @__PURE__ */ q("th", {
						role: "columnheader",
						scope: "col",
						class: "c-time",
						children: "Time"
					}),
					/* @__PURE__ */ q("th", {
						role: "columnheader",
						scope: "col",
						class: "c-what",
						children: "What happened"
					}),
					r.map((e) => /* @__PURE__ */ q("th", {
						role: "columnheader",
						scope: "col",
						class: "c-extra",
						children: X(e.replace(/^details\./, ""), 40)
					}, e)),
					/* @__PURE__ */ q("th", {
						role: "columnheader",
						scope: "col",
						class: "c-outcome",
						children: "Outcome"
					}),
					/* @__PURE__ */ q("th", {
						role: "columnheader",
						scope: "col",
						class: "c-ip",
						children: "IP address"
					})
				]
			})
		}), /* @__PURE__ */ q("tbody", {
			role: "rowgroup",
			children: [
				/* @__PURE__ */ q("tr", {
					role: "presentation",
					"aria-hidden": "true",
					class: "space",
					style: { height: _.before + "px" }
				}),
				_.items.map((e) => e.kind === "day" ? /* @__PURE__ */ q("tr", {
					role: "row",
					class: "day",
					children: /* @__PURE__ */ q("td", {
						role: "cell",
						colSpan: 4 + x,
						children: e.label
					})
				}, "day" + e.key) : e.entry ? /* @__PURE__ */ q(Kn, {
					entry: e.entry,
					index: e.index,
					columns: r,
					stop: e.index === b,
					selected: e.entry.id === a,
					open: o,
					focused: () => f(e.index),
					zone: c.zone,
					now: c.now,
					cards: i
				}, e.entry.id) : /* @__PURE__ */ q("tr", {
					role: "row",
					class: "row waiting",
					"aria-rowindex": e.index + 2,
					children: [/* @__PURE__ */ q("td", {
						role: "cell",
						class: "c-time",
						children: /* @__PURE__ */ q("span", { class: "bone" })
					}), /* @__PURE__ */ q("td", {
						role: "cell",
						class: "c-what",
						children: /* @__PURE__ */ q("span", { class: "bone long" })
					})]
				}, "row" + e.index)),
				/* @__PURE__ */ q("tr", {
					role: "presentation",
					"aria-hidden": "true",
					class: "space",
					style: { height: _.after + "px" }
				})
			]
		})]
	});
}
function Kn({ entry: e, index: t, columns: n, stop: r, selected: i, open: a, focused: o, zone: s, now: c }) {
	let l = Z(), u = Rt(e), d = Date.parse(e.created_at), f = ut(d, s), p = u.name || l.name?.(u.id), m = l.permalink(e.id), h = /* @__PURE__ */ q("time", {
		dateTime: e.created_at,
		children: f
	}), g = {
		class: "row-open",
		tabIndex: -1,
		title: `${pt(e.created_at, s)} · ${ht(d, c)}\n${e.created_at}`,
		"aria-label": `${f}: open ${zt(e, l.name)}`,
		"aria-current": i ? "true" : void 0,
		onClick: (t) => {
			m && (t.ctrlKey || t.metaKey || t.shiftKey || t.button !== 0) || (t.preventDefault(), a(e));
		}
	};
	return /* @__PURE__ */ q("tr", {
		role: "row",
		class: "row" + (i ? " selected" : "") + (e.outcome && e.outcome !== "success" ? " " + e.outcome : ""),
		"aria-rowindex": t + 2,
		"data-index": t,
		"data-id": e.id,
		part: "row",
		tabIndex: r ? 0 : -1,
		onFocus: o,
		onClick: (t) => {
			t.target.closest("button, a") || getSelection()?.toString() || a(e);
		},
		children: [
			/* @__PURE__ */ q("td", {
				role: "cell",
				class: "c-time",
				children: m ? /* @__PURE__ */ q("a", {
					href: m,
					...g,
					children: h
				}) : /* @__PURE__ */ q("button", {
					type: "button",
					...g,
					children: h
				})
			}),
			/* @__PURE__ */ q("td", {
				role: "cell",
				class: "c-what",
				children: [
					/* @__PURE__ */ q(on, {
						id: u.who,
						kind: u.whoKind
					}),
					/* @__PURE__ */ q("span", {
						class: "sentence",
						children: [
							/* @__PURE__ */ q(Q, {
								field: "user_id",
								value: e.user_id ?? null,
								class: "who",
								children: u.whoKind === "user" ? Bt(u.who, l.name) : u.who
							}),
							" ",
							/* @__PURE__ */ q(Q, {
								field: "action",
								value: e.action,
								class: "verb",
								children: u.verb
							}),
							" ",
							/* @__PURE__ */ q(Q, {
								field: "resource_type",
								value: e.resource_type,
								class: "type",
								children: X(u.type, 40)
							}),
							" ",
							u.id ? /* @__PURE__ */ q(Q, {
								field: "resource",
								value: `${e.resource_type}/${u.id}`,
								class: p ? "name" : "id",
								children: p ? `“${X(p, 60)}”` : Pt(u.id)
							}) : u.name ? /* @__PURE__ */ q("span", {
								class: "name",
								children: [
									"“",
									X(u.name, 60),
									"”"
								]
							}) : null
						]
					}),
					u.more && /* @__PURE__ */ q("span", {
						class: "more",
						children: X(u.more, 160)
					})
				]
			}),
			n.map((t) => {
				let n = Jn(e, t);
				return /* @__PURE__ */ q("td", {
					role: "cell",
					class: "c-extra",
					children: n == null || n === "" ? /* @__PURE__ */ q("span", {
						class: "none",
						children: "–"
					}) : /* @__PURE__ */ q(Q, {
						field: t,
						value: n,
						children: typeof n == "string" ? Pt(n) : Gt(n, 40)
					})
				}, t);
			}),
			/* @__PURE__ */ q("td", {
				role: "cell",
				class: "c-outcome",
				children: /* @__PURE__ */ q(Q, {
					field: "outcome",
					value: e.outcome ?? "success",
					children: /* @__PURE__ */ q(an, {
						outcome: e.outcome,
						quiet: !0
					})
				})
			}),
			/* @__PURE__ */ q("td", {
				role: "cell",
				class: "c-ip",
				children: e.ip_address ? /* @__PURE__ */ q(Q, {
					field: "ip_address",
					value: e.ip_address,
					children: e.ip_address
				}) : /* @__PURE__ */ q("span", {
					class: "none",
					children: "–"
				})
			})
		]
	});
}
var qn = {
	user: "user_id",
	request: "request_id",
	agent: "user_agent",
	actor: "actor_type",
	type: "resource_type",
	resource_id: "resource_id",
	id: "id",
	ip: "ip_address",
	recorded_by: "recorded_by"
};
function Jn(e, t) {
	let n = qn[t];
	if (n) return e[n];
	if (t in e) return e[t];
	if (!t.startsWith("details.")) return;
	let r = e.details;
	for (let e of t.slice(8).match(/"(?:[^"\\]|\\.)*"|[^.]+/g) ?? []) {
		let t = e.startsWith("\"") ? e.slice(1, -1).replace(/\\(.)/g, "$1") : e;
		if (!r || typeof r != "object" || !Object.hasOwn(r, t)) return;
		r = r[t];
	}
	return r;
}
// src/log/values.tsx
function Yn({ asked: e, log: t, close: n }) {
	let { field: r, value: i } = e, a = K(r, i), o = t.log.q, s = i == null ? "" : typeof i == "object" ? JSON.stringify(i) : String(i), c = typeof i != "object" || !i, l = [], u = (e) => t.set({
		q: e,
		live: t.log.live
	});
	if (c) {
		l.push({
			label: "Only this",
			hint: /* @__PURE__ */ q("kbd", { children: "f" }),
			do: () => u(Ze(o, a))
		}), l.push({
			label: "Exclude",
			hint: /* @__PURE__ */ q("kbd", { children: "x" }),
			do: () => u(Qe(o, a))
		});
		let e = $e(o, a);
		i && e !== Ze(o, a) && e !== o && l.push({
			label: "Add to the list",
			hint: X(e, 40),
			do: () => u(e)
		});
	}
	s && l.push({
		label: "Copy value",
		do: () => void rn(s).then((e) => At(e ? "Copied" : "Not copied"))
	}), c && l.push({
		label: "Copy as filter",
		do: () => void rn(a)
	});
	let d = r === "resource" ? "resource_id" : r.startsWith("details.") ? r : Je(r), f = t.log.cols ? t.log.cols.split(",") : [];
	return ![
		"outcome",
		"action",
		"ip"
	].includes(d) && f.length < 6 && l.push(f.includes(d) ? {
		label: "Remove column",
		do: () => t.set({ cols: f.filter((e) => e !== d).join(",") })
	} : {
		label: "Add column",
		do: () => t.set({ cols: [...f, d].join(",") })
	}), /* @__PURE__ */ q(Rn, {
		anchor: e.anchor,
		label: `${Je(r)}: ${X(s, 60) || "none"}`,
		close: n,
		items: l,
		head: /* @__PURE__ */ q("div", {
			class: "menu-title",
			children: [/* @__PURE__ */ q("span", { children: Je(r) }), /* @__PURE__ */ q("b", { children: s ? X(s, 120) : "none" })]
		})
	});
}
function Xn() {
	return H(null);
}
// src/embed/log.tsx
var Zn = /* @__PURE__ */ new Set([
	"created",
	"user",
	"action",
	"changes",
	"resource",
	"outcome"
]);
function Qn(e) {
	let { shared: t, query: n, t: r, order: i, columns: a, resolveNames: o, opened: s, queried: c, failed: l } = e, { client: u } = t, d = Me(() => new Set(e.features.split(/[\s,]+/)), [e.features]), f = tn("me", () => t.me()), p = f.data?.organizations.length === 1 ? f.data.organizations[0] : "", m = st(), h = () => ({
		q: "",
		t: r,
		tz: "",
		order: i,
		cols: a.split(",").map((e) => e.trim()).filter((e) => e && !Zn.has(e)).join(","),
		id: "",
		tab: "",
		live: !1
	}), [g, _] = H(h);
	U(() => _(h()), [
		n,
		r,
		i,
		a
	]);
	let [v, y] = H(0), b = Me(() => Math.ceil((u.now() + 1e3) / 1e3) * 1e3, [
		n,
		g.q,
		g.t,
		g.order,
		v
	]), x = Ge(n, g.q, xt(g.t, m, b)), [S, C] = Xn(), [w, T] = H(0), E = W(null), ee = W(null), D = nn(E, 800), O = D < 700, k = O ? E : ee, A = $n(o), j = {
		client: u,
		organization: p,
		zone: m,
		now: b,
		log: g,
		filter: x,
		set: (e) => _((t) => ({
			...t,
			...e,
			live: !1
		})),
		value: (e, t, n) => C({
			anchor: e,
			field: t,
			value: n
		}),
		link: () => "",
		permalink: () => "",
		name: A.of,
		can: (e) => d.has(e) && !!f.data?.permissions.includes(e)
	};
	U(() => c(Ge(n, g.q)), [n, g.q]);
	let te = O ? {
		entry: 84,
		day: 32
	} : {
		entry: 38,
		day: 32
	}, M = Me(() => new Fn(async (e, t) => {
		let n = await u.entries({
			organization: p,
			q: x,
			tz: m,
			order: g.order,
			limit: 100,
			...e ? { cursor: e } : {}
		}, t);
		return A.want(n.entries), n;
	}, (e) => {
		let t = Date.parse(e.created_at);
		return [gt(t, m), Math.abs(b - t) > 2592e7 ? ft(t, m) : dt(t, m)];
	}, te, () => T((e) => e + 1)), [
		x,
		g.order,
		p
	]);
	M.resize(te), U(() => (f.data && M.more(), () => M.close()), [M, !!f.data]);
	let N = f.problem ?? M.problem;
	U(() => {
		N && l(N);
	}, [N]);
	let ne = tn(f.data && d.has("facets") ? p + x : null, (e) => Wn(u, p, x, m, e)), [P, re] = H(null), F = (e) => {
		re(e), _((t) => ({
			...t,
			id: e.id
		})), s(e.id);
	}, ie = () => {
		let e = P?.id ?? "";
		re(null), _((e) => ({
			...e,
			id: "",
			tab: ""
		})), requestAnimationFrame(() => E.current?.querySelector(`tr[data-id="${CSS.escape(e)}"]`)?.focus());
	}, ae = P ? M.indexOf(P.id) : -1, I = (e) => {
		let t = ae >= 0 ? M.at(ae + e) : null;
		return t ? () => F(t) : null;
	}, L = d.has("facets") && D >= 1e3 && !P;
	return /* @__PURE__ */ q(Xt.Provider, {
		value: j,
		children: [/* @__PURE__ */ q("div", {
			ref: E,
			class: "log" + (P ? " with-drawer" : "") + (L ? "" : " without-facets"),
			onKeyDown: (e) => {
				e.key === "Escape" && P && !e.defaultPrevented && (e.stopPropagation(), ie());
			},
			children: [
				d.has("search") && /* @__PURE__ */ q("div", {
					class: "bar",
					children: /* @__PURE__ */ q(zn, {})
				}),
				(d.has("search") || d.has("export") || g.q) && /* @__PURE__ */ q("div", {
					class: "summary",
					children: [/* @__PURE__ */ q(Hn, { quiet: !0 }), /* @__PURE__ */ q("span", {
						class: "summary-side",
						children: [/* @__PURE__ */ q("button", {
							type: "button",
							class: "icon-button",
							"aria-label": "Refresh",
							onClick: () => y((e) => e + 1),
							children: /* @__PURE__ */ q(J, { name: "refresh" })
						}), j.can("export") && /* @__PURE__ */ q(er, { context: j })]
					})]
				}),
				/* @__PURE__ */ q("div", {
					class: "panes",
					children: [
						L && /* @__PURE__ */ q(jn, {
							answer: ne,
							total: -1
						}),
						/* @__PURE__ */ q("div", {
							ref: ee,
							class: "list",
							role: "region",
							"aria-label": "List of entries",
							tabIndex: -1,
							children: N && M.count === 0 ? /* @__PURE__ */ q(cn, {
								title: N.signedOut ? "Signed out" : N.status === 403 ? "Not allowed" : "The entries could not be read",
								icon: "alert",
								children: [/* @__PURE__ */ q("p", { children: N.message }), /* @__PURE__ */ q("button", {
									type: "button",
									class: "button",
									onClick: () => f.problem ? f.again() : void M.more(),
									children: "Try again"
								})]
							}) : M.started && M.complete && M.count === 0 ? /* @__PURE__ */ q(cn, {
								title: g.q ? "Nothing for this filter" : "No entries",
								children: g.q && /* @__PURE__ */ q("button", {
									type: "button",
									class: "button",
									onClick: () => j.set({ q: "" }),
									children: "Drop the filter"
								})
							}) : /* @__PURE__ */ q(Gn, {
								feed: M,
								version: w,
								scroller: k,
								total: M.complete ? M.count : -1,
								columns: g.cols ? g.cols.split(",") : [],
								cards: O,
								selected: g.id,
								open: F
							})
						}),
						P && /* @__PURE__ */ q(_n, {
							entry: P,
							tab: g.tab,
							setTab: (e) => _((t) => ({
								...t,
								tab: e
							})),
							close: ie,
							previous: I(-1),
							next: I(1),
							open: F,
							proof: j.can("proof")
						})
					]
				}),
				/* @__PURE__ */ q("div", {
					ref: kt,
					class: "away",
					role: "status",
					"aria-live": "polite"
				})
			]
		}), S && /* @__PURE__ */ q(Yn, {
			asked: S,
			log: j,
			close: (e) => (C(null), e && S.anchor.focus?.())
		})]
	});
}
function $n(e) {
	let [t, n] = H(/* @__PURE__ */ new Map()), r = W(/* @__PURE__ */ new Set());
	return {
		of: (e) => t.get(e),
		want: (t) => {
			if (!e) return;
			let i = /* @__PURE__ */ new Set();
			for (let e of t) for (let t of [e.user_id, e.resource_id]) t && !r.current.has(t) && i.add(t);
			if (i.size) {
				for (let e of i) r.current.add(e);
				Promise.resolve(e([...i])).then((e) => n((t) => new Map([...t, ...Object.entries(e ?? {}).map(([e, t]) => [e, String(t)])])), () => {});
			}
		}
	};
}
function er({ context: e }) {
	let [t, n] = H(!1), r = async () => {
		n(!0);
		try {
			let { client: t, organization: n, filter: r, zone: i, log: a } = e, o = await t.fetch("GET", t.url("/v1/entries/export", {
				organization: n,
				q: r,
				tz: i,
				format: "csv",
				order: a.order === "oldest" ? "oldest" : void 0
			}), void 0, void 0, "text/csv"), s = URL.createObjectURL(await o.blob()), c = document.createElement("a");
			c.href = s, c.download = "entries.csv", c.click(), setTimeout(() => URL.revokeObjectURL(s), 1e4);
		} finally {
			n(!1);
		}
	};
	return /* @__PURE__ */ q("button", {
		type: "button",
		class: "button small",
		disabled: t,
		onClick: () => void r(),
		children: [
			/* @__PURE__ */ q(J, { name: "download" }),
			" ",
			t ? "Exporting …" : "Export"
		]
	});
}
// src/embed/element.tsx
var tr, nr = class extends HTMLElement {
	static observedAttributes = [
		"server",
		"query",
		"columns",
		"t",
		"order",
		"features",
		"theme"
	];
	#e;
	#t;
	#n;
	constructor() {
		super();
		let e = this.attachShadow({ mode: "open" });
		tr || (tr = new CSSStyleSheet(), tr.replaceSync([
			le,
			oe,
			ce,
			se,
			ue
		].join("\n"))), e.adoptedStyleSheets = [tr], this.#n = document.createElement("div"), this.#n.className = "embed", e.append(this.#n);
	}
	get getToken() {
		return this.#e;
	}
	set getToken(e) {
		this.#e = e, this.#r();
	}
	get resolveNames() {
		return this.#t;
	}
	set resolveNames(e) {
		this.#t = e, this.#r();
	}
	connectedCallback() {
		for (let e of ["getToken", "resolveNames"]) {
			if (!Object.hasOwn(this, e)) continue;
			let t = this[e];
			Reflect.deleteProperty(this, e), Reflect.set(this, e, t);
		}
		this.#r();
	}
	disconnectedCallback() {
		I(null, this.#n);
	}
	attributeChangedCallback() {
		this.#r();
	}
	#r() {
		if (!this.isConnected) return;
		if (!this.#e) {
			I(/* @__PURE__ */ q("p", {
				class: "say embed-say",
				children: "Waiting for the application to sign in."
			}), this.#n);
			return;
		}
		let e = this.getAttribute("server") ?? new URL(import.meta.url).origin, t = (e, t) => this.dispatchEvent(new CustomEvent(e, {
			detail: t,
			bubbles: !0,
			composed: !0
		}));
		I(/* @__PURE__ */ q(Qn, {
			shared: me(e.replace(/\/+$/, ""), this.#e),
			query: this.getAttribute("query") ?? "",
			t: this.getAttribute("t") ?? "all",
			order: this.getAttribute("order") === "oldest" ? "oldest" : "newest",
			columns: this.getAttribute("columns") ?? "",
			features: this.getAttribute("features") ?? "",
			resolveNames: this.#t,
			opened: (e) => t("daybook-open", { id: e }),
			queried: (e) => t("daybook-query", { query: e }),
			failed: (e) => t("daybook-error", {
				code: e.code,
				status: e.status
			})
		}), this.#n);
	}
};
customElements.get("daybook-log") || customElements.define("daybook-log", nr);
