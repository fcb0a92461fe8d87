// Package priority lets a process that may take its time leave the processors to others.
package priority
