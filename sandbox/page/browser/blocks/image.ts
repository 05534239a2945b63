import { useState } from 'preact/hooks';
import { useDesk } from '../desk.ts';
import { html } from '../html.ts';

type ImageShown = {
  readonly alt_text: string;
  readonly image_url?: string | undefined;
  readonly slack_file?: { readonly id: string } | { readonly url: string } | undefined;
};

/** A picture with its words, which stand alone where the picture cannot be had: the page loads nothing from elsewhere. */
export function ImageView({
  image,
  title,
  small = false,
}: {
  image: ImageShown;
  title?: string;
  small?: boolean;
}) {
  const { state } = useDesk();
  const [failed, setFailed] = useState(false);
  const source = sourceOf(image, state.pictures);
  const picture =
    failed || source === undefined
      ? html`<span class="image-missing" role="img" aria-label=${image.alt_text}>${image.alt_text}</span>`
      : html`<img src=${source} alt=${image.alt_text} onError=${() => setFailed(true)} />`;
  if (small) return html`<span class="image small">${picture}</span>`;
  return html`<figure class="block image">
    ${title !== undefined && html`<figcaption>${title}</figcaption>`} ${picture}
  </figure>`;
}

function sourceOf(
  { image_url, slack_file }: ImageShown,
  pictures: Readonly<Record<string, string>>,
): string | undefined {
  if (slack_file === undefined) return image_url;
  return 'id' in slack_file ? pictures[slack_file.id] : slack_file.url;
}
