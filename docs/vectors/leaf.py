"""A second implementation of leaf v1, written from docs/ledger.md, for who wants to check
Daybook's hashes without Daybook. It needs nothing but Python 3.

    python3 leaf.py leaf.json
"""
import datetime, decimal, hashlib, json, struct, sys, uuid

FIELDS = ["resource_id", "user_id", "request_id", "ip_address", "user_agent", "details", "recorded_by"]
ACTORS = {"user": 1, "api_key": 2, "service": 3, "system": 4}
OUTCOMES = {"success": 1, "failure": 2, "denied": 3}


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def derive(parent, label):
    return sha(b"daybook/salt/v1\0", parent, label)[:16]


def value(salt, kind, text=b""):
    return sha(b"daybook/value/v1\0", salt, bytes([kind]), text)


def u32(n):
    return struct.pack(">I", n)


def number(d):
    text = format(d, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def node(salt, v):
    if isinstance(v, dict) and v:
        names = sorted(v, key=lambda k: k.encode())
        body = b"".join(u32(len(k.encode())) + k.encode() + node(derive(salt, b"M" + u32(len(k.encode())) + k.encode()), v[k]) for k in names)
        return sha(b"daybook/object/v1\0", u32(len(names)), body)
    if isinstance(v, list) and v:
        return sha(b"daybook/array/v1\0", u32(len(v)), *[node(derive(salt, b"E" + u32(i)), x) for i, x in enumerate(v)])
    if v is True:
        return value(salt, 3)
    if v is False:
        return value(salt, 4)
    if v is None:
        return value(salt, 5)
    if isinstance(v, str):
        return value(salt, 1, v.encode())
    if isinstance(v, decimal.Decimal):
        return value(salt, 2, number(v).encode())
    return value(salt, 6 if isinstance(v, dict) else 7)


def commitments(case):
    entry, salt, ident = case["entry"], bytes.fromhex(case["salt"]), uuid.UUID(case["entry"]["id"]).bytes
    out = {}
    for i, name in enumerate(FIELDS):
        s = derive(salt, ident + b"F" + bytes([i + 1]))
        v = entry.get(name)
        out[name] = node(s, v) if v else value(s, 0)
    return out


def leaf(case):
    e = case["entry"]
    at = datetime.datetime.fromisoformat(e["created_at"].replace("Z", "+00:00"))
    micros = round((at - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) / datetime.timedelta(microseconds=1))
    text = lambda s: struct.pack(">H", len(s.encode())) + s.encode()
    control = case.get("control", "").encode()
    return b"".join([
        b"daybook/leaf/v1\0", bytes([case.get("kind", 1)]), text(case["origin"]), uuid.UUID(e["id"]).bytes, struct.pack(">q", micros),
        text(e["action"]), text(e["resource_type"]), bytes([ACTORS[e["actor_type"]], OUTCOMES[e["outcome"]]]),
        *commitments(case).values(), u32(len(control)), control])


def load(f):
    return json.load(f, parse_float=decimal.Decimal, parse_int=decimal.Decimal)


if __name__ == "__main__":
    bad = 0
    cases = load(open(sys.argv[1], encoding="utf-8"))
    for case in cases:
        case["kind"] = int(case["kind"])
        good = (leaf(case).hex() == case["leaf"] and sha(b"\0", leaf(case)).hex() == case["hash"]
                and {k: v.hex() for k, v in commitments(case).items()} == case["commitments"])
        if not good:
            bad += 1
            print("wrong:", case["name"])
    print(f"{len(cases) - bad} of {len(cases)} vectors hold")
    sys.exit(bad > 0)
