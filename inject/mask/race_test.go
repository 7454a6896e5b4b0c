//go:build race

package mask

// raceDetector: a gigabyte would take minutes.
const raceDetector = true
