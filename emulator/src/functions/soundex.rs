//! American Soundex.
//!
//! Source: developer guide, "SOUNDEX" and "DIFFERENCE"; the coding is the National Archives'.

/// The first letter and the codes of three sounds; an empty string where there is no English letter.
pub fn code(text: &str) -> String {
    let mut letters = text.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_uppercase());
    let Some(first) = letters.next() else { return String::new() };
    let mut code = String::from(first);
    let mut last = sound(first);
    for letter in letters {
        let sound = sound(letter);
        if let Sound::Code(digit) = sound
            && sound != last
        {
            code.push(digit);
        }
        // H and W do not part two letters of one sound, vowels do.
        if sound != Sound::Silent {
            last = sound;
        }
        if code.len() == 4 {
            break;
        }
    }
    format!("{code:0<4}")
}

/// How many of the four signs of two codes agree: 0 where one string has none, 1 where neither has.
pub fn likeness(a: &str, b: &str) -> i32 {
    let (a, b) = (code(a), code(b));
    match (a.is_empty(), b.is_empty()) {
        (true, true) => 1,
        (false, false) => a.chars().zip(b.chars()).filter(|(a, b)| a == b).count() as i32,
        _ => 0,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sound {
    Code(char),
    Vowel,
    Silent,
}

fn sound(letter: char) -> Sound {
    match letter {
        'B' | 'F' | 'P' | 'V' => Sound::Code('1'),
        'C' | 'G' | 'J' | 'K' | 'Q' | 'S' | 'X' | 'Z' => Sound::Code('2'),
        'D' | 'T' => Sound::Code('3'),
        'L' => Sound::Code('4'),
        'M' | 'N' => Sound::Code('5'),
        'R' => Sound::Code('6'),
        'H' | 'W' => Sound::Silent,
        _ => Sound::Vowel,
    }
}
