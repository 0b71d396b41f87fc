// What a webmail built on imapflow does, asserted step by step.  Ends with "walked".
const assert = require('node:assert');
const { ImapFlow } = require('imapflow');

const port = Number(process.argv[2]);
const connect = async () => {
    const c = new ImapFlow({
        host: '127.0.0.1', port, secure: true, tls: { rejectUnauthorized: false },
        auth: { user: 'demo', pass: 'demo' }, logger: false,
    });
    await c.connect();
    return c;
};

const text = n => Buffer.from(`From: a@example.org\r\nTo: b@example.org\r\nSubject: flow ${n}\r\n` +
    `Message-ID: <flow${n}@example.org>\r\n\r\nbody of ${n}\r\n`);

async function main() {
    const a = await connect();
    const b = await connect();

    const boxes = await a.list({ statusQuery: { messages: true, unseen: true } });
    const paths = boxes.map(x => x.path);
    for (const name of ['INBOX', 'Drafts', 'Sent', 'Trash', 'Junk', 'Archive']) assert(paths.includes(name), name);
    assert.strictEqual(boxes.find(x => x.path === 'Sent').specialUse, '\\Sent');

    await a.mailboxCreate('Прое́кты/Ünïcode 📬');
    assert((await b.list()).some(x => x.path === 'Прое́кты/Ünïcode 📬'.normalize('NFC')));

    const lock = await a.getMailboxLock('INBOX');
    let count = 0;
    for await (const m of a.fetch('1:*', { uid: true, envelope: true, bodyStructure: true, flags: true,
                                          internalDate: true, size: true, source: true })) {
        assert.strictEqual(m.source.length, m.size);
        assert(m.envelope && m.bodyStructure && m.internalDate instanceof Date);
        count++;
    }
    assert.strictEqual(count, a.mailbox.exists);

    const added = await b.append('INBOX', text(1), ['\\Flagged', '$Work'], new Date('2026-03-04T05:06:07Z'));
    assert(added.uid > 0 && added.uidValidity > 0n);
    await a.noop();
    assert.strictEqual(a.mailbox.exists, count + 1);
    const one = await a.fetchOne(String(added.uid), { flags: true, internalDate: true, source: true }, { uid: true });
    assert.deepStrictEqual([...one.flags].filter(f => f !== '\\Recent').sort(), ['$Work', '\\Flagged']);
    assert.strictEqual(one.internalDate.toISOString(), '2026-03-04T05:06:07.000Z');
    assert(one.source.equals(text(1)));
    assert.deepStrictEqual(await a.search({ keyword: '$Work' }, { uid: true }), [added.uid]);
    assert.deepStrictEqual(await a.search({ body: 'body of 1' }, { uid: true }), [added.uid]);

    // pushed while a idles
    const pushed = new Promise((resolve, reject) => {
        a.once('exists', resolve);
        setTimeout(() => reject(new Error('no push')), 10000).unref();
    });
    const idling = a.idle();
    await new Promise(r => setTimeout(r, 300));
    await b.append('INBOX', text(2));
    await pushed;
    await a.noop();
    await idling;

    await a.messageFlagsAdd({ uid: String(added.uid) }, ['\\Seen'], { uid: true });
    const moved = await a.messageMove(String(added.uid), 'Archive', { uid: true });
    assert(moved.uidMap.get(added.uid) > 0);
    const copied = await a.messageCopy({ subject: 'flow 2' }, 'Trash', { uid: true });
    assert(copied.uidMap.size === 1);
    assert(await a.messageDelete({ subject: 'flow 2' }, { uid: true }));
    assert.strictEqual(a.mailbox.exists, count);
    lock.release();

    const status = await b.status('Archive', { messages: true, unseen: true, uidNext: true });
    assert.strictEqual(status.messages, 1);
    assert.strictEqual(status.unseen, 0);
    await b.mailboxRename('Archive', 'Alt/Archiv');
    assert((await a.list()).some(x => x.path === 'Alt/Archiv'));
    await a.logout();
    await b.logout();
    console.log('walked');
}

main().catch(e => {
    console.error(e);
    process.exit(1);
});
