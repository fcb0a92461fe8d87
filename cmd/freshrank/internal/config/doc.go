// Package config is the one set of options of the freshrank binary.
//
// An option is a field of a section ([Common], [Log], [Database], [Limits],
// [Batch], [Speed], [Serve], [Client],
// [Kafka] within [Log]); a command embeds the sections that it uses, and
// [All] embeds every one. The same field is the flag --epsilon-min, the variable
// FRESHRANK_EPSILON_MIN and the key epsilon-min of the YAML file:
//
//	flag > environment > file named by --config > default
//
// Whatever is not known is refused with the nearest known name: in the file
// ([File]) and in the environment ([CheckEnv]). Values are checked by
// [Validate], which reports all faults together. Nothing below cmd reads
// configuration.
package config
