//! How long cleaning takes: `cargo bench --bench text`.

use divan::Bencher;
use undertone::text::{clean, html, language};

fn main() {
    divan::main();
}

/// 85 words in three paragraphs, the length of a usual message.
const PLAIN: &str = "Hello,\n\nThis is the third time I am writing about order 48-2291. I was charged \u{20AC}4.90 twice on \
    3 March and nobody has answered me. I know it is only a few euros, but I have spent two evenings on this and I feel like \
    I am being ignored.\n\nMy daughter's birthday is tomorrow and I was counting on the gift card being fixed TODAY. Please, \
    can a real person look at it? I will not write a fourth time about this, I promise.\n\nMaya";

/// About 20 kB as Outlook writes it, with the history below.
fn html_mail() -> String {
    let line = "<p class=MsoNormal style='margin-bottom:6.0pt'><span style='font-size:11.0pt;font-family:\"Calibri\",sans-serif'>\
        I&#8217;m still waiting for the credit note &amp; nobody has called me back.<o:p></o:p></span></p>\n";
    let own = line.repeat(20);
    let header = "<div style='border:none;border-top:solid #E1E1E1 1.0pt'><p class=MsoNormal><b>From:</b> Support &lt;s@example.com&gt;<br>\
        <b>Sent:</b> 06 March 2026 19:50<br><b>To:</b> Maya<br><b>Subject:</b> RE: note</p></div>";
    format!(
        "<html><head><style>p.MsoNormal {{margin:0cm;}}</style></head><body>{own}{header}{}</body></html>",
        line.repeat(72)
    )
}

#[divan::bench]
fn plain_85_words(bencher: Bencher) {
    bencher.bench(|| clean(divan::black_box(PLAIN)).words());
}

#[divan::bench]
fn language_85_words(bencher: Bencher) {
    let cleaned = clean(PLAIN);
    bencher.bench(|| language::of(divan::black_box(&cleaned)));
}

#[divan::bench]
fn html_mail_20_kb(bencher: Bencher) {
    let mail = html_mail();
    assert!((19_000..23_000).contains(&mail.len()), "{}", mail.len());
    bencher.bench(|| clean(divan::black_box(&mail)).words());
}

#[divan::bench]
fn html_to_text_20_kb(bencher: Bencher) {
    let mail = html_mail();
    bencher.bench(|| html::to_text(divan::black_box(&mail)));
}

/// Texts that a careless cleaner takes minutes for.
#[divan::bench(args = ["a", "<", "&", ">", "\n", "<div>", "> a\n", "<a \"", "On 1:00 a@b.c wrote:\n", "--\n", "From: a\n", "(1:00) A: x ", "Name: x\n", "\u{2026}"], sample_count = 3, sample_size = 1)]
fn one_megabyte_of(bencher: Bencher, part: &str) {
    let text = part.repeat(1_000_000 / part.len());
    bencher.bench(|| clean(divan::black_box(&text)).words());
}
