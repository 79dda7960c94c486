/*
 * portcullis-runner - the process of an actor, as a program that is that and nothing else: linked
 * statically, so that it begins in a fraction of the time and shares all its pages with its like.
 * Hosts start it; where it is not beside them they start themselves.
 */
#include <stdio.h>

#include "host/proc/runner.h"

int
main(int argc, char **argv)
{
	runner_role(argc, argv);
	fputs("portcullis-runner: started by portcullis-host and `portcullis actor run', not by hand\n", stderr);
	return 2;
}
