// SPDX-License-Identifier: GPL-3.0-or-later
// Commands that happen together, all or none, at one moment.
FarfieldBundle {
	var farfield, commands; // FarfieldRequests

	*new { |farfield|
		^super.newCopyArgs(farfield, List.new)
	}

	// Where it stands, by which later commands of the bundle name what it makes.
	prAdd { |request|
		commands.add(request);
		^"$" ++ (commands.size - 1)
	}

	prSend { |when, action|
		var params = if(when.isNumber) { (in: when) } { when.copy };
		if(commands.isEmpty) { ^action.value((results: []), nil) };
		params[\commands] = commands.asArray;
		farfield.call('bundle.send', params, { |result, problem|
			commands.do { |request, i|
				request.prDone(result !? { result[\results][i] }, problem)
			};
			action.value(result, problem)
		})
	}
}
