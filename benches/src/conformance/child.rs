//! Readers in a process of their own, which some of them do not survive.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use super::{Case, Reader, Verdict, Way};

/// What `reader` makes of each case. `command` runs a program that answers with [`answer`]: it is run again for the cases
/// behind one that it did not survive.
///
/// # Errors
///
/// If the program cannot be run, or says what it should not.
pub fn ask(mut command: impl FnMut() -> Command, reader: Reader, way: Way, cases: &[Case]) -> io::Result<Vec<Verdict>> {
    let mut verdicts = Vec::with_capacity(cases.len());
    while verdicts.len() < cases.len() {
        let (reader, way) = (reader.to_string(), way.to_string());
        // A message about the stack belongs to the verdict, not on the screen.
        let mut command = command();
        command.args([reader, way]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let mut stdin = child.stdin.take().expect("stdin is piped");
        let stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let rest: Vec<&[u8]> = cases[verdicts.len()..].iter().map(|case| &*case.document).collect();
        let answers: Vec<io::Result<String>> = std::thread::scope(|scope| {
            // Who is dead does not take what it is given.
            scope.spawn(move || rest.into_iter().try_for_each(|document| send(&mut stdin, document)).ok());
            stdout.lines().collect()
        });
        for answer in answers {
            let answer = answer?;
            let invalid = || io::Error::new(io::ErrorKind::InvalidData, format!("no verdict: {answer}"));
            verdicts.push(answer.parse().map_err(|()| invalid())?);
        }
        let status = child.wait()?;
        if verdicts.len() < cases.len() {
            if status.success() {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it has ended before its time"));
            }
            verdicts.push(Verdict::Aborts);
        }
    }
    Ok(verdicts)
}

/// The child's side: a verdict for each document that comes in.
///
/// # Errors
///
/// If the input or the output fails.
pub fn answer(mut input: impl Read, mut output: impl Write, reader: Reader, way: Way) -> io::Result<()> {
    while let Some(document) = receive(&mut input)? {
        writeln!(output, "{}", reader.read(way, &document))?;
        output.flush()?;
    }
    Ok(())
}

fn send(output: &mut impl Write, document: &[u8]) -> io::Result<()> {
    output.write_all(&(document.len() as u64).to_le_bytes())?;
    output.write_all(document)
}

fn receive(input: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut len = [0; 8];
    match input.read_exact(&mut len) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        result => result?,
    }
    let mut document = vec![0; u64::from_le_bytes(len) as usize];
    input.read_exact(&mut document)?;
    Ok(Some(document))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_answered_in_order() {
        let mut sent = Vec::new();
        for document in [&b"[1]"[..], b"[", b"", b"\"a\nb\"", b"{}\n"] {
            send(&mut sent, document).unwrap();
        }
        let mut said = Vec::new();
        answer(&*sent, &mut said, Reader::SerdeJson, Way::Skip).unwrap();
        assert_eq!(said, b"accepts\nrejects\nrejects\nrejects\naccepts\n");
        sent.pop();
        assert!(answer(&*sent, &mut said, Reader::SerdeJson, Way::Skip).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn the_dead_are_replaced() {
        let case = |name: &str| Case::new(name, b"[1]".to_vec());
        let cases = [case("y_1.json"), case("y_2.json"), case("y_3.json")];
        let dies = || shell("echo accepts; kill -ABRT $$");
        let verdicts = ask(dies, Reader::SonicRs, Way::Value, &cases).unwrap();
        assert_eq!(verdicts, [Verdict::Accepts, Verdict::Aborts, Verdict::Accepts]);
        let verdicts = ask(|| shell("kill -ABRT $$"), Reader::SonicRs, Way::Value, &cases).unwrap();
        assert_eq!(verdicts, [Verdict::Aborts; 3]);
        assert!(ask(|| shell("exit 0"), Reader::SonicRs, Way::Value, &cases).is_err());
        assert!(ask(|| shell("echo oops"), Reader::SonicRs, Way::Value, &cases).is_err());
    }

    #[cfg(unix)]
    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }
}
