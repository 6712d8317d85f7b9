FROM python:3.11-slim
WORKDIR /app
COPY . .
RUN pip install --no-cache-dir -e . && useradd --create-home desk && mkdir -p data && chown desk data
USER desk
VOLUME /app/data
STOPSIGNAL SIGTERM
CMD ["bot", "run"]
