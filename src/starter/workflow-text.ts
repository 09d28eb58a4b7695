/** The workflow of a starter. */

/** @param name of the policy and the release; a name that a file may have, so that it stands in YAML as it is */
export function workflowText(name: string): string {
  return `# Written by \`skewgate init\`: judges the release on every pull request. No paths: filter, so that the check may be
# required: GitHub waits for ever for a required check that a filter has left out (docs/pull-requests.md).
name: skewgate
on:
  pull_request:
permissions:
  contents: read
  checks: write # the check with its verdict; without it the summary and the annotations are the same
concurrency:
  group: skewgate-${name}-\${{ github.ref }}
  cancel-in-progress: true
jobs:
  ready:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        with:
          lfs: true # checkpoints in Git LFS are fetched; fetch others in a step of their own
          # The policy is read from the base commit: all commits are here, so that no credentials have to stay.
          fetch-depth: 0
          persist-credentials: false
      # Pin the commit that you have reviewed.
      - uses: skewgate/skewgate@0000000000000000000000000000000000000000 # your pin
        with:
          policy: gates/${name}.yml
          release: models/${name}.yml
          token: \${{ github.token }}
      - uses: actions/upload-artifact@b4b15b8c7c6ac21ea08fcf65892d2ee8f75cf882 # v4.4.3
        id: kept
        if: \${{ !cancelled() }}
        with:
          # report.html has the pictures and all cells.
          name: skewgate-report-${name}
          path: skewgate-report
      - if: \${{ !cancelled() && steps.kept.outputs.artifact-url != '' }}
        env:
          KEPT: \${{ steps.kept.outputs.artifact-url }}
        run: echo "SKEWGATE_ARTIFACT_URL=$KEPT" >> "$GITHUB_ENV" # summary, check and comment then lead to it
`;
}
