//! Words of other languages for password, key, secret and token, as names hold them.
//!
//! The words for a password are those of the log-in forms of Django in its translations
//! (`django/contrib/auth/locale`), with and without their accents, and the usual second word
//! where a language has one (`κωδικός`, `암호`, `parola chiave`). The words for a key, a secret
//! and a token are those of the settings of Gogs (`conf/locale`: SSH keys, access tokens) and of
//! Bagisto (`lang`: API keys, secret keys) in their translations, as far as these have them, and
//! otherwise the entries of dictionaries (Wiktionary) for the thing that opens something.
//! docs/accuracy.md lists the languages.

use std::sync::LazyLock;

use super::noun::Noun;
use super::value::Tally;

/// Words that name something alone, or behind a word before them without a separator in scripts
/// that write none: `数据库密码`.
const WORDS: &[(Noun, &str)] = &[
    (
        Noun::Password,
        "cyfrinair clave mdp parole contrasinal contrasigno fjalekalim fjalëkalim fjalekalimi fjalëkalimi geslo haslo hasło heslo \
         hesło lozinka lykilord lykilorð mậtkhẩu mima nenosiri parol parola parolasi parolası parolă parool pasahitza \
         pasfhocal pasuwado pasvorto salasõna sandi sifre sifresi şifre şifresi slaptazodis slaptažodis zaporka \
         пароль парола паролі лозинка συνθηματικό κωδικός κωδικος სიტყვა პაროლი գաղտնաբառ סיסמה \
         סיסמא المرور گذرواژه پارول पासवर्ड कूटशब्द পাসওয়ার্ড கடவுச்சொல் సంకేతపదం ಪ್ರವೇಶಪದ \
         പാസ്സ്‌വേഡ് รหัสผ่าน 密码 密碼 口令 パスワード 暗証番号 비밀번호 암호 құпиясөз kouling bimilbeonho",
    ),
    (
        Noun::AccessKey,
        "密钥 密鑰 秘钥 金鑰 アクセスキー 秘密鍵 秘密キー APIキー apiキー 비밀키 액세스키 API키 api키 miyao",
    ),
    (
        Noun::Key,
        "chave chiave llave clau cle clé schlussel klucz klic klíč kľúč avain nogle anahtar anahtari \
         anahtarı cheie cheia kljuc ključ ключ кључ клуч κλειδί atslega atslēga raktas võti khoa khóa \
         kunci מפתח مفتاح کلید कुंजी යතුර กุญแจ คีย์ キー 鍵 키",
    ),
    (
        Noun::Secret,
        "segreto segredo geheim geheimnis hemlig hemlighet hemmelighet hemmelighed tajemstvi tajemství \
         tajomstvo tajna titok salaisuus sekret sekretny rahasia секрет 秘密 機密 シークレット 비밀 시크릿",
    ),
    (
        Noun::Token,
        "jeton zeton żeton жетон токен אסימון توكن رمز โทเค็น 令牌 トークン 토큰 टोकन",
    ),
];

/// Words that name a password, alone or at the end of a longer word: `databaslösenord`,
/// `tietokantasalasana`. (`wachtwoord` names one anywhere, as words of English do.)
const ENDS: &[&str] = &[
    "adgangskode",
    "losenord",
    "lösenord",
    "salasana",
    "wagwoord",
    "jelszo",
    "jelszó",
    "passord",
    "kodeord",
    "sandord",
];

/// Words for a key at the end of a longer word, which may say what it opens: `apischluessel`,
/// `zugangsschlüssel`, `salausavain`.
const KEY_ENDS: &[&str] = &[
    "schluessel",
    "schlüssel",
    "sleutel",
    "nyckel",
    "nøkkel",
    "nokkel",
    "nøgle",
    "avain",
    "kulcs",
];

/// Words that name a password anywhere in a name, without what stands between its words. They
/// are compared byte by byte, so those beyond ASCII that have two cases are in [`WORDS`], too.
const SEVERAL: &[&str] = &[
    "motdepasse",
    "palavrapasse",
    "palavradepasse",
    "parolachiave",
    "palavrachave",
    "katasandi",
    "katalaluan",
    "matkhau",
    "mậtkhẩu",
    "كلمةالمرور",
    "كلمةالسر",
    "رمزعبور",
];

/// Words behind a noun that say that it names something about a secret, or another thing: the
/// length of a password, a forgotten or a new one, a primary key.
const ABOUT: &str = "longitud longueur comprimento lunghezza lange laenge länge dlugosc delka hossz \
    uzunluk campo champ feld pole oublie oubliee oublié oubliée perdu olvidada olvidado esquecida \
    vergessen vergeten dimenticata zapomniane repetir repete confirmar confirmer conferma valida \
    valide incorrecta incorrecto incorrect mostrar afficher mostra anzeigen tipo nombre nom nome \
    erreur erro fehler ayuda aide texto texte testo primaria foranea extranjera estrangeira \
    primaire etrangere unica unique publica publique pubblica publiczny obcy cizi";

/// Words beside a key that say that it lets somebody in.
const OPENS: &str = "api privada privee privée privata privat private privater privato secreta secrete secrète \
    acceso acces accès acesso accesso accés zugang zugangs zugriffs toegang toegangs geheim geheime geheimer \
    hemlig hemmelig tajny tajný tajni tajne titkos gizli özel salainen salaus krypterings cifrado \
    chiffrement cifra szyfrujacy rahasia bi bí секретный секретний закрытый приватный таен тайный";

/// Words for a password that names hold anywhere, or that mean something else in names.
const IN_TEXTS: &str =
    "passwort kennwort wachtwoord wachtwurd senha contrasena contrasenya motdepasse";

/// The words of [`WORDS`] that are ASCII, in order; the first noun counts.
static BY_WORD: LazyLock<Vec<(&str, Noun)>> = LazyLock::new(|| {
    let words = WORDS.iter().flat_map(|(noun, list)| {
        let words = list.split_ascii_whitespace().filter(|word| word.is_ascii());
        words.map(|word| (word, *noun))
    });
    let mut words: Vec<_> = words.collect();
    words.sort_by_key(|(word, _)| *word);
    words.dedup_by_key(|(word, _)| *word);
    words
});

fn is_in(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|w| w == word)
}

/// What a word names in another language.
pub(super) fn noun(word: &[u8]) -> Option<Noun> {
    let ascii = word.is_ascii();
    let word = std::str::from_utf8(word).ok()?;
    let lower;
    let word = match ascii {
        true => word,
        false => {
            lower = word.to_lowercase();
            &lower
        }
    };
    let found = if ascii {
        let known = BY_WORD.binary_search_by(|(known, _)| (*known).cmp(word));
        known.ok().map(|n| BY_WORD[n].1)
    } else {
        // Scripts without blanks put words one behind the other; so do some languages.
        let found = WORDS.iter().find(|(_, list)| {
            let ends = |w: &str| !w.is_ascii() && (w >= "\u{3000}") && word.ends_with(w);
            list.split_ascii_whitespace().any(|w| w == word || ends(w))
        });
        found.map(|(noun, _)| *noun)
    };
    found.or_else(|| {
        if ENDS.iter().any(|end| word.ends_with(end)) {
            return Some(Noun::Password);
        }
        let head = KEY_ENDS.iter().find_map(|end| word.strip_suffix(end))?;
        Some(match is_in(OPENS, head) {
            true => Noun::AccessKey,
            false => Noun::Key,
        })
    })
}

/// Whether a value is a word for a secret itself, as the texts of programs have: `Geheimnis`.
pub(super) fn is_word_for_secret(text: &[u8], tally: &Tally) -> bool {
    const LONGEST: usize = 20;
    let mut lower = [0; LONGEST];
    let Some(head) = lower.get_mut(..text.len()) else {
        return false;
    };
    if !text.iter().all(|b| b.is_ascii_alphabetic() || *b == b'-') || tally.letters() < 4 {
        return false;
    }
    head.copy_from_slice(text);
    head.make_ascii_lowercase();
    let head = &*head;
    // `AWS-Geheimnis`
    let last = head.rsplit(|b| *b == b'-').next().unwrap_or(head);
    let known = std::str::from_utf8(last).is_ok_and(|word| is_in(IN_TEXTS, word));
    known || noun(last).is_some()
}

/// Whether letters without what separates them hold a name of several words for a password; and
/// what stands behind it.
pub(super) fn several(letters: &[u8]) -> Option<&[u8]> {
    SEVERAL.iter().find_map(|name| {
        let at = memchr::memmem::find(letters, name.as_bytes())?;
        Some(&letters[at + name.len()..])
    })
}

/// Whether the words of a name leave its noun what it is. In many languages a noun comes first:
/// `clave_longitud`.
pub(super) fn stays<'a>(mut words: impl Iterator<Item = &'a [u8]>) -> bool {
    words.all(|word| std::str::from_utf8(word).is_ok_and(|word| !is_in(ABOUT, word)))
}

/// Whether words beside a key say that it lets somebody in.
pub(super) fn opens<'a>(mut words: impl Iterator<Item = &'a [u8]>) -> bool {
    words.any(|word| std::str::from_utf8(word).is_ok_and(|word| is_in(OPENS, word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_many_languages_name_a_password() {
        for word in [
            "heslo",
            "hasło",
            "jelszó",
            "lösenord",
            "databaslösenord",
            "salasana",
            "şifre",
            "parolă",
            "пароль",
            "ПАРОЛЬ",
            "συνθηματικό",
            "סיסמה",
            "密码",
            "数据库密码",
            "パスワード",
            "비밀번호",
            "รหัสผ่าน",
            "पासवर्ड",
            "lozinka",
            "geslo",
            "pasahitza",
            "wagwoord",
        ] {
            assert_eq!(noun(word.as_bytes()), Some(Noun::Password), "{word}");
        }
        for word in ["schluessel", "artikelnyckel", "kulcs", "llave"] {
            assert_eq!(noun(word.as_bytes()), Some(Noun::Key), "{word}");
        }
        for word in ["apischluessel", "zugangsschlüssel", "salausavain"] {
            assert_eq!(noun(word.as_bytes()), Some(Noun::AccessKey), "{word}");
        }
        for word in ["密码长度", "heslova", "sandig", "keyboard", "\u{20ac}"] {
            assert_eq!(noun(word.as_bytes()), None, "{word}");
        }
        let is_word = |text: &[u8]| is_word_for_secret(text, &Tally::of(text));
        assert!(is_word(b"AWS-Geheimnis") && is_word(b"heslo") && is_word(b"Parole"));
        assert!(!is_word(b"heslo7") && !is_word(b"geheim-rat"));
        assert_eq!(several("motdepassebdd".as_bytes()), Some(&b"bdd"[..]));
    }
}
