package tokenstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/gofrs/flock"
)

// lockPause is how often a lock that another holds is tried again. It is held
// for as long as Okta takes to answer one request.
const lockPause = 20 * time.Millisecond

// lockFile keeps other holders out, of this process and of others. The file
// stays when it is unlocked: to remove it would let two in, one holding the old
// file and one the new.
func lockFile(ctx context.Context, path string) (unlock func() error, err error) {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() { // to open a pipe would wait for ever
		return nil, fmt.Errorf("%w: the lock %s is not a regular file; remove it", ErrUnsafe, path)
	}
	lock := flock.New(path, flock.SetPermissions(0o600))
	switch got, err := lock.TryLockContext(ctx, lockPause); {
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
		return nil, fmt.Errorf("waiting for another okta-mcp that is renewing the sign-in (it holds %s): %w", path, err)
	case err != nil:
		return nil, fmt.Errorf("locking the stored sign-in with %s (its directory must exist and be writable): %w", path, err)
	case !got:
		return nil, fmt.Errorf("locking the stored sign-in with %s: another holds it", path)
	}
	return func() error {
		if err := lock.Unlock(); err != nil {
			return fmt.Errorf("unlocking the stored sign-in: %w", err)
		}
		return nil
	}, nil
}
