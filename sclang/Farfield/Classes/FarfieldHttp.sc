// SPDX-License-Identifier: GPL-3.0-or-later
// HTTP by curl, without waiting for it. sclang has no HTTP of its own.
//
// What is asked is in a configuration file of curl in a folder that only this user can read: no
// shell sees it, and a key is not in the list of processes. curl's only argument is that file's path.
FarfieldHttp {
	classvar folder, count = 0;

	*initClass {
		ShutDown.add { this.prClean };
	}

	// `headers` are whole lines. `body` is a String, an Int8Array or the PathName of a file,
	// nil for none; `seconds` is the most that all may take. action: |status, text, error|, the status nil where there was no
	// answer, and `error` then says why.
	*request { |verb, url, headers, body, seconds = 30, action|
		var path = this.prFolder +/+ (count = count + 1);
		var lines = [
			["url", url], ["request", verb], ["output", path ++ ".answer"],
			["dump-header", path ++ ".headers"], ["stderr", path ++ ".errors"],
			["max-time", seconds.asString], ["connect-timeout", "10"],
			["proto", "=http,https"], ["header", "Expect:"]
		] ++ headers.collect { |line| ["header", line] };
		if(body.notNil) {
			lines = lines.add(["data-binary", "@" ++ this.prFileOf(body, path ++ ".body")]);
		};
		this.prWriteFile(path ++ ".curl", "silent\nshow-error\ngloboff\n" ++ lines.collect { |line|
			line[0] ++ " = " ++ this.prQuote(line[1]) ++ "\n"
		}.join);
		["curl", "-q", "--config", path ++ ".curl"].unixCmd({ |code|
			this.prFinish(path, code, action)
		}, false);
	}

	// As curl's manual has it for configuration files.
	*prQuote { |value|
		var escapes = Dictionary[$" -> "\\\"", $\\ -> "\\\\", $\n -> "\\n", $\r -> "\\r", $\t -> "\\t"];
		^"\"" ++ value.as(Array).collect { |char| escapes[char] ? char }.join ++ "\""
	}

	*prFinish { |path, code, action|
		var text = this.prReadFile(path ++ ".answer");
		var headers = this.prReadFile(path ++ ".headers");
		var errors = this.prReadFile(path ++ ".errors").stripWhiteSpace;
		var status = this.prStatus(headers);
		#[".curl", ".body", ".answer", ".headers", ".errors"].do { |suffix|
			if(File.exists(path ++ suffix)) { File.delete(path ++ suffix) }
		};
		if(code == 0 and: { status.notNil }) {
			action.value(status, text)
		} {
			action.value(nil, nil, case
				{ code == 127 } { "curl is not installed" }
				{ errors.size > 0 } { errors }
				{ "curl ended with status %".format(code) })
		}
	}

	// Of the last answer: an interim one (100) may stand before it.
	*prStatus { |headers|
		var found = headers.findRegexp("HTTP/[0-9.]+ ([0-9]{3})");
		^if(found.size > 0) { found.last[1].asInteger }
	}

	*prFolder {
		if(folder.isNil or: { File.exists(folder).not }) {
			folder = ["mktemp", "-d", "-t", "farfield-XXXXXXXX"].unixCmdGetStdOut.stripWhiteSpace;
			if(folder.isEmpty) { Error("Farfield finds no place for temporary files").throw };
		};
		^folder
	}

	*prFileOf { |body, path|
		if(body.isKindOf(PathName)) { ^body.asAbsolutePath };
		this.prWriteFile(path, body);
		^path
	}

	*prWriteFile { |path, content|
		File.use(path, "wb") { |file|
			if(content.isString) { file.putString(content) } { file.write(content) }
		}
	}

	*prReadFile { |path|
		^if(File.exists(path)) { File.use(path, "rb", _.readAllString) } { "" }
	}

	*prClean {
		if(folder.notNil and: { File.exists(folder) }) { File.deleteAll(folder) };
		folder = nil;
	}
}
