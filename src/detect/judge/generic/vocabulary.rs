//! The words of names, and what each of them says. One table holds them all; the compiler
//! computes it, so that a word is looked up once and not compared with every list. What a
//! whole name says is for `name` to read.

/// What a word may say, as bits.
pub(super) type Marks = u32;

/// Last words of names that hold something about a secret rather than the secret.
pub(super) const ABOUT: Marks = 1;
/// Words of [`ABOUT`] that explain the value by themselves.
pub(super) const SURELY_ABOUT: Marks = 1 << 1;
/// Words that say that a name holds nothing secret.
pub(super) const NEGATED: Marks = 1 << 2;
/// Words before `key` that say that it lets somebody in.
pub(super) const ACCESS: Marks = 1 << 3;
/// Words before `key` that say that it opens nothing.
pub(super) const PLAIN: Marks = 1 << 4;
/// Words of tests and samples.
pub(super) const TEST: Marks = 1 << 5;
/// Words of what people see on a screen.
pub(super) const TEXT: Marks = 1 << 6;
/// Words of forms that change a password.
pub(super) const CHANGE: Marks = 1 << 7;
/// Words for what somebody computes from a secret.
pub(super) const DIGEST: Marks = 1 << 8;
/// Words of functions that do not take the secret itself.
pub(super) const READS: Marks = 1 << 9;
/// Words of functions whose first argument is somebody's name.
pub(super) const USERS: Marks = 1 << 10;
/// Words of functions that take something.
pub(super) const GIVES: Marks = 1 << 11;
/// Values that say that there is none, or of which type it is.
pub(super) const NOTHING: Marks = 1 << 12;
/// Whole words for a password.
pub(super) const IS_PASSWORD: Marks = 1 << 13;
/// Whole words for authentication.
pub(super) const IS_AUTH: Marks = 1 << 14;
/// Whole words for a credential.
pub(super) const IS_CREDENTIAL: Marks = 1 << 15;
/// Whole words for a token.
pub(super) const IS_TOKEN: Marks = 1 << 16;
/// Whole words for a key.
pub(super) const IS_KEY: Marks = 1 << 17;
/// Words that end like a noun and are none.
pub(super) const NO_NOUN: Marks = 1 << 18;
/// `pass`, which is also a verdict.
pub(super) const PASS: Marks = 1 << 19;
/// `identified`, of SQL.
pub(super) const IDENTIFIED: Marks = 1 << 20;
/// `secrets`, under which lists of identities stand.
pub(super) const SECRETS: Marks = 1 << 21;
/// Words before `token` that say that it marks a place, a version or a request.
pub(super) const BOOKMARK: Marks = 1 << 22;
/// Words before `key` or `token` that say that it is made for everybody.
pub(super) const FOR_ALL: Marks = 1 << 23;
/// Words that hold a noun and name something else.
pub(super) const OTHER: Marks = 1 << 24;
/// Words of how good a password is.
pub(super) const RATING: Marks = 1 << 25;
/// Who sends a request, before `request token`.
pub(super) const SENDER: Marks = 1 << 26;
/// Words of functions whose arguments name pages, actions and texts.
pub(super) const NAMES_PAGE: Marks = 1 << 27;
/// Parts of names that name no password when `pass` follows: directives of servers, passes
/// of compilers and of graphics.
pub(super) const DIRECTIVE: Marks = 1 << 28;
/// Words of names that hold the name of something that happens or is stored.
pub(super) const TOPIC: Marks = 1 << 29;

/// Words of the names of programs, hosts, files and their parts, which no pass phrase is made of.
pub(super) const OF_NAMES: Marks = 1 << 30;
/// Values that say how a password is asked for, kept or checked.
pub(super) const OF_SETTINGS: Marks = 1 << 31;

/// The words by what they say, with blanks between them.
const LISTS: &[(Marks, &str)] = &[
    (
        ABOUT,
        "alg algorithm arn attempts attribute attributes bits box button bytes callback case \
        chars charset class cls column complexity config count description dialog dir directory \
        disabled element email enabled encoder encoding endpoint env error errors event exists \
        expiration expired expires expiry expression extractor factory field fields file \
        filename filter flag form format function generator group guid handler header headers \
        help helper hint host icon id ids idx in index info input issuer item items keeper kind \
        label len length level lifetime link list location manager max message messages method \
        min minutes mode model module msg name named names num number offset option options page \
        param parameter parameters params path paths pattern permission permissions placeholder \
        policy port position prefix prompt property provider ref reference regex regexp region \
        request required requirements reset resolver response role rotation route rules schema \
        scheme scope scopes screen seconds selector separator server service settings size \
        source state status store strategy strength suffix support tag template text timeout \
        timestamp title ttl type types uri url usage user username util utils uuid validation \
        validator validity var variable verified version view warning width",
    ),
    (
        SURELY_ABOUT,
        "addr address age alg algo algorithm attempts backend charset checksum checksums cmd \
        command contains count crc created decimals digest digests encryption endswith engine \
        epoch etag exact exp expiration expired expires expiry expression fd fetch file \
        filename fingerprint gt gte guid hash hashes icontains id identifier ids iendswith \
        iexact integrity iregex isnull issuer istartswith iv len length lifetime lt lte mask \
        md mint mode name names nonce owner path pattern perms plugin policy prefix prompt \
        provider realm regex regexp revision role rotated schema scheme scope scopes sha size \
        ssid startswith store strategy suffix symbol thumbprint time timeout timestamp ttl \
        type updated uri url used uuid version versions",
    ),
    (
        NEGATED,
        "csrf xsrf antiforgery forgery authenticity public \
        no is has pub forgot forgotten show hide allow use",
    ),
    (
        ACCESS,
        "api access auth private encryption signing account master consumer app application \
        client service subscription license deploy ssh write validation secret security session \
        storage sas shared admin",
    ),
    (
        PLAIN,
        "cache category child column comment component composite config correlation dedup dict \
        document element entity event feature field filter foreign form group header host hot \
        idempotency identifier index issue item job json label locale lookup map menu message \
        metadata natural object option order parent partition persistence post preference \
        primary prop property query range record redis registry repository resource routing row \
        setting settings shard shortcut sort state tab tag task text title translation unique \
        value widget",
    ),
    (
        TEST,
        "test tests dummy fake mock example sample invalid wrong bad incorrect expected demo foo \
        bar my your some temp xxx",
    ),
    (
        TEXT,
        "label labels title text message msg error help placeholder prompt hint description \
        caption button tooltip enter strength field form page screen heading info warning \
        validation lang icon",
    ),
    (
        CHANGE,
        "confirm confirmation repeat again change new old current",
    ),
    (
        DIGEST,
        "hash hashed encrypted digest sha salt salted cipher enc checksum fingerprint integrity",
    ),
    (
        READS,
        "accept actualizar aendern ask assert authenticate by cambiar check compare comprobar \
        consume contains decode delete exists expect export fetch find for generate get hash \
        import load lookup match modifier next on parse peek print pruefen query read recuperar \
        remove request reset restablecer select skip validate valider verificar verifier verify \
        without",
    ),
    (USERS, "login user username"),
    (GIVES, "add new put set use with"),
    (
        NOTHING,
        "always anonymous any array aucun aucune basic bearer blank bool boolean bytes char const correct date datetime disabled empty encrypted \
        enabled expired false function hashed hidden incorrect int integer missing nan never nil \
        nenhum nenhuma nessuna nessuno ninguna ninguno no none null nullopt nullptr number object off on optional required static str string \
        text timestamp true undefined unknown unset valeur valor value varchar void wert yes",
    ),
    (IS_PASSWORD, "pass pw passwd psk masterauth"),
    (IS_AUTH, "auth authcode"),
    (IS_CREDENTIAL, "creds cred"),
    (IS_TOKEN, "jwt"),
    (IS_KEY, "key keys nkey"),
    (
        NO_NOUN,
        "allpass apsk bandpass bpsk bypass compass dpsk encompass highpass hotkey lowpass monkey \
        multipass qpsk onepass postpass prepass renderpass subpass surpass trespass turkey twopass underpass",
    ),
    (PASS, "pass"),
    (IDENTIFIED, "identified"),
    (SECRETS, "secrets"),
    (
        BOOKMARK,
        "ack after backward before bookmark cancel cancellation causality change changes \
        checkpoint concurrency consistency cont continuation continue correlation cursor dedup \
        dedupe deduplication delta dkim done end etag fencing first form forward generator history \
        idempotency idempotent input iterator last lease lock marker next nextpage offset \
        output page pageable pagination paginator paging poll polling position prev previous \
        progress purchase restart result resume resumption rev revision scroll sequence since \
        skip snapshot start starting sync synchronization task trace until update version watch \
        watermark",
    ),
    (FOR_ALL, "site sitekey publishable instrumentation"),
    (
        OTHER,
        "detokenizer nopasswd passwordbox passwordless publickeytoken secretaria secretariat secretario secretary secretion \
        secretsmanager secretmanager tokenization tokenize tokenized tokenizer tokenizers",
    ),
    (
        RATING,
        "bad good medium perfect same short simple strength strong weak",
    ),
    (SENDER, "caller client creator unique"),
    (
        NAMES_PAGE,
        "action actionlink anchor begin beginform form href label link page partial path \
        redirect render route title trans translate url view",
    ),
    (
        DIRECTIVE,
        "band debug defrag fastcgi first grpc high low memcached multi one render scgi second \
        shader shadow single sub two uwsgi",
    ),
    (
        TOPIC,
        "action analytics cell channel event metric notification preference prefs prop route \
        screen segue state status estado statut storage topic tracking",
    ),
    (
        OF_NAMES,
        "account admin api app application asp auth authentication aws azure backend bin bucket \
         build cert check class client cloud cluster com conf config configmap configuration \
         const container controller cred credential credentials creds css customer data database \
         db debug default demo dev development docker docs domain edu endpoint env exe file foo \
         foobar frontend function gcp get git github gitlab go gov helm html http https internal \
         io java jpg js json jsx jwt key keys kubernetes lambda lib local localhost log login \
         logout main md mongo mysql name namespace net node null oauth object org pass passphrase \
         passwd password passwords path php png postgres private prod production project \
         properties public py rb redis register request resource root sample script sdk secret \
         secrets self server service settings signin signup sql src ssh ssl stage staging storage \
         string svc svg sys template test testing tests this tls tmp token tokens ts txt ui url \
         user username users uuid validator value values var vault web webhook window worker www \
         xml yaml yml your zip",
    ),
    (
        OF_SETTINGS,
        "always anonymous answer asking authenticated automatic automatically bcrypt cancel \
         checked clear cleartext compat confidential configured console crypt custom delegate \
         denied deny disable display dynamic either enable encode encrypt encrypted environ \
         environment existing expect external extra failure files forbidden force generate \
         generated gssapi hashed hexadecimal ignore ignored include included inherit inherited \
         interactive internal kerberos keychain keyring ldaps letters literal locked login lookup \
         mandatory manual multiline native never nullable numeric obfuscated omitted oneself \
         optional otherwise peer permit plain plaintext primary prohibit prompt protected \
         provided python random randomly readonly reject remote requisite restricted runtime \
         scram secure secured sensitive session shadow shared simple single special standard \
         static stdin strict strong sufficient supported system systemd template trust unchanged \
         unicode unlocked unsupported update varchar vault verify visible winbind writable \
         writeonly",
    ),
];

/// The longest word of the table fits into a number of 16 bytes.
const LONGEST: usize = 16;
/// More than twice as many as there are words, so that few collide.
const SLOTS: usize = 2048;

/// Open addressing by the word as a number; 0 for a free slot.
struct Table {
    words: [u128; SLOTS],
    marks: [Marks; SLOTS],
}

static TABLE: Table = table();

const fn slot_of(word: u128) -> usize {
    let mixed = word as u64 ^ ((word >> 64) as u64).rotate_left(23);
    (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 53) as usize
}

const fn table() -> Table {
    let mut table = Table {
        words: [0; SLOTS],
        marks: [0; SLOTS],
    };
    let mut list = 0;
    while list < LISTS.len() {
        let (mark, text) = LISTS[list];
        let text = text.as_bytes();
        let (mut at, mut word, mut len) = (0, 0u128, 0);
        while at <= text.len() {
            if at == text.len() || text[at] == b' ' {
                if len > 0 {
                    let mut slot = slot_of(word);
                    while table.words[slot] != 0 && table.words[slot] != word {
                        slot = (slot + 1) % SLOTS;
                    }
                    table.words[slot] = word;
                    table.marks[slot] |= mark;
                }
                (word, len) = (0, 0);
            } else {
                assert!(len < LONGEST, "a word is too long for the table");
                word |= (text[at] as u128) << (8 * len);
                len += 1;
            }
            at += 1;
        }
        list += 1;
    }
    table
}

/// The marks of a word in lower case; none for an unknown word.
pub(super) fn marks(word: &[u8]) -> Marks {
    if word.is_empty() || word.len() > LONGEST {
        return 0;
    }
    let mut bytes = [0; LONGEST];
    bytes[..word.len()].copy_from_slice(word);
    let number = u128::from_le_bytes(bytes);
    let mut slot = slot_of(number);
    loop {
        match TABLE.words[slot] {
            0 => return 0,
            known if known == number => return TABLE.marks[slot],
            _ => slot = (slot + 1) % SLOTS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_every_list_is_found_with_its_mark() {
        for (mark, words) in LISTS {
            for word in words.split_ascii_whitespace() {
                assert_ne!(marks(word.as_bytes()) & mark, 0, "{word}");
            }
        }
        assert_eq!(marks(b"validation"), ABOUT | ACCESS | TEXT);
    }

    #[test]
    fn other_words_say_nothing() {
        let long = "x".repeat(40);
        for word in ["", "a", "passport", "confirmations", &long] {
            assert_eq!(marks(word.as_bytes()), 0, "{word}");
        }
        assert!(
            TABLE.words.contains(&0),
            "a search for an unknown word ends"
        );
    }

    #[test]
    fn words_can_be_words_of_names() {
        // A digit begins a word of its own, so a word with one would never be met.
        for (_, words) in LISTS {
            let only = |b: u8| b.is_ascii_lowercase() || b == b' ';
            assert!(words.bytes().all(only), "{words}");
        }
    }
}
