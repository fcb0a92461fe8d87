package boot

import (
	"context"
	"errors"
	"fmt"
)

// The exit codes of the binary.
const (
	ExitOK     = 0
	ExitFailed = 1
	ExitUsage  = 2  // wrong usage or bad input; nothing was changed
	ExitLocked = 75 // another process holds the lock or lease: try again later
)

// CodedError is an error that decides the exit code.
type CodedError struct {
	Code int
	Err  error
}

func (e *CodedError) Error() string { return e.Err.Error() }
func (e *CodedError) Unwrap() error { return e.Err }

// Usagef returns an error for wrong usage or bad input. It should name the
// thing, its value and the fix.
func Usagef(format string, args ...any) error {
	return &CodedError{Code: ExitUsage, Err: fmt.Errorf(format, args...)}
}

// Usage marks err as wrong usage or bad input.
func Usage(err error) error {
	if err == nil {
		return nil
	}
	return &CodedError{Code: ExitUsage, Err: err}
}

// Locked marks err as "somebody else holds it".
func Locked(err error) error { return &CodedError{Code: ExitLocked, Err: err} }

// Ended is what a command that runs on makes of an error at its start: none if it was
// asked to end meanwhile.
func Ended(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// ExitCode returns the code to exit with after err.
func ExitCode(err error) int {
	if err == nil {
		return ExitOK
	}
	var coded *CodedError
	if errors.As(err, &coded) {
		return coded.Code
	}
	return ExitFailed
}
