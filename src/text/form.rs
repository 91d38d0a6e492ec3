//! Contact forms: "Name: .. Order: .. Message: ..". The labels and short values go, what was written stays.

use std::sync::LazyLock;

use regex::Regex;

use super::lines::{Lines, Why};

/// Values with more words than this were written by the customer, whatever the label says.
const SHORT_VALUE: usize = 8;

/// A form stands at the top: lines further down are not looked at.
const LONGEST_FORM: usize = 300;

static FIELD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)^[\s*_\-]*(?:
        (?:your\s|full\s|first\s|last\s|contact\s|company\s|customer\s|user\s?|family\s)?name | surname | (?:your\s|contact\s)?e-?mail(?:\s?address)? | (?:tele|mobile\s|cell\s|contact\s)?phone(?:\snumber)? | mobile | tel\.?
        | (?:order|account|customer|invoice|ticket|case|reference|ref|booking|tracking|serial|policy|member(?:ship)?|confirmation)\s?(?:number|no\.?|nr\.?|id|\#)? | company | organi[sz]ation | address | (?:zip|postal)(?:\scode)? | city | country | state
        | (?:inquiry|enquiry|request|ticket|issue|query|contact)\s(?:type|category|topic|reason) | category | topic | department | priority | product(?:\sname)? | model | version | platform | device | browser | operating\ssystem | os | url | page | ip(?:\saddress)? | user\s?agent | language | locale | submitted(?:\s(?:on|at|by))? | date | time | subject | from | source
        | vorname | nachname | telefon(?:nummer)? | firma | bestell(?:nummer|-?nr\.?) | kundennummer | betreff | anrede | land | ort | plz
        | nom | prénom | téléphone | adresse(?:\se-?mail)? | courriel | objet | société | numéro\sde\s(?:commande|client) | commande
        | nombre | apellidos? | teléfono | correo(?:\selectrónico)? | asunto | empresa | pedido | número\sde\spedido
        | nome | sobrenome | telefone | assunto | número\sdo\spedido
        )[\s*_]*:[\s*_]*(?P<value>.*)$",
    )
    .expect("constant")
});

static MESSAGE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)^[\s*_\-]*(?:
        (?:your\s|my\s|customer\s)?(?:message|comments?|question|description|inquiry|enquiry|feedback|issue|problem|complaint|request|details)
        | (?:additional|further|message|problem|issue)\s(?:details|comments?|information|text|description|body) | describe\s(?:your|the)\s\w+(?:\s\w+){0,3} | (?:how|what)\s(?:can|may)\swe\s(?:help|do)[^:]{0,30} | what\shappened\??
        | (?:ihre\s)?nachricht | anliegen | kommentar | beschreibung | frage | (?:votre\s)?message | commentaires? | demande | mensaje | comentarios? | consulta | descripción | mensagem | comentários? | dúvida | descrição
        )[\s*_]*[:?][\s*_]*(?P<value>.*)$",
    )
    .expect("constant")
});

/// The label before the words themselves, in the middle of a line that was a form of several.
static INLINE_MESSAGE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"\b(?:Your m|M)essage\s?:\s|\b(?:Comments?|Description|Details|Nachricht|Mensaje|Mensagem)\s?:\s",
    )
    .expect("constant")
});

static INLINE_FIELD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(?:Name|E-?mail(?: address)?|Phone(?: number)?|Order(?: number| no\.?| ID)?|Subject|Company|Product|Account(?: number)?|Nom|Nombre|Nome|Telefon|Topic|Category)\s?:\s").expect("constant")
});

/// Whether a line begins with the label of the words themselves: "Message: ..".
pub fn is_message_label(line: &str) -> bool {
    line.contains([':', '?']) && MESSAGE.is_match(line)
}

/// Drops the fields of a contact form and the label of its message.
pub fn mark(lines: &mut Lines<'_>) {
    one_line(lines);
    let end = lines.len().min(LONGEST_FORM);
    let fields: Vec<usize> = (0..end).filter(|&index| is_field(lines.own(index))).collect();
    let messages: Vec<usize> = (0..end).filter(|&index| is_message_label(lines.own(index))).collect();
    // The label stands among its fields, not far down in a story.
    let near = |message: usize| fields.iter().filter(|&&field| field.abs_diff(message) <= 12).count();
    let is_form = fields.len() >= 5 || messages.iter().any(|&message| near(message) >= 2);
    if !is_form {
        return;
    }
    for index in fields {
        lines.drop(index, Why::Form);
    }
    for index in messages {
        keep_value(lines, index);
    }
}

fn is_field(line: &str) -> bool {
    line.len() <= 160
        && line.contains(':')
        && FIELD.captures(line).is_some_and(|field| {
            field.name("value").is_some_and(|value| value.as_str().split_whitespace().count() <= SHORT_VALUE)
        })
}

/// Keeps what follows the label on its line; a label alone goes.
fn keep_value(lines: &mut Lines<'_>, index: usize) {
    let own = lines.all[index].own();
    let line = lines.own(index);
    let Some(value) = MESSAGE.captures(line).and_then(|label| label.name("value")) else { return };
    if value.as_str().is_empty() {
        lines.drop(index, Why::Form);
    } else {
        lines.narrow(index, own.start + value.start()..own.end);
    }
}

/// A whole form in one line, as a helpdesk's plain text has it: keeps what follows "Message:".
fn one_line(lines: &mut Lines<'_>) {
    for index in 0..lines.len().min(LONGEST_FORM) {
        let own = lines.all[index].own();
        let line = &lines.text[own.clone()];
        if !line.contains(": ") || !FIELD.is_match(line) {
            continue;
        }
        let Some(message) = INLINE_MESSAGE.find(line) else { continue };
        if message.start() > 0 && INLINE_FIELD.find_iter(&line[..message.start()]).count() >= 2 {
            lines.narrow(index, own.start + message.end()..own.end);
        }
    }
}
